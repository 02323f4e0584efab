/** Plain text: the lines in reading order, blocks apart by an empty line, pages by a form feed. */

import { split } from './numbers.js';
import { cellText, gridOf, linesOf } from './shapes.js';

/** @typedef {import('../types.js').Page} Page */
/** @typedef {import('../types.js').Block} Block */

/**
 * A row of a table is one line, its cells apart by tabs.
 * @param {Page[]} pages
 */
export function writePlain(pages) {
  return pages.map((page) => paragraphs(page.blocks.map((block) => blockText(page, block)))).join('\f');
}

/**
 * The texts of blocks, those without any left out, with an empty line between them.
 * @param {string[]} texts
 */
export function paragraphs(texts) {
  const kept = texts.filter((text) => text);
  return kept.length ? `${kept.join('\n\n')}\n` : '';
}

/**
 * @param {Page} page
 * @param {Block} block
 */
function blockText(page, block) {
  const lines = linesOf(page, block);
  const grid = gridOf(block, lines);
  if (!grid)
    return lines
      .map((line) => line.text)
      .filter((text) => text)
      .join('\n');
  const rows = grid.map((row) => row.map(cellText).join('\t'));
  return rows.filter((row) => split(row).length).join('\n');
}
