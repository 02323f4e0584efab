/** Markdown: paragraphs, titles as headings, tables with pipes, forms line by line; pages apart by a rule. */

import { SPACE_CLASS, split } from './numbers.js';
import { paragraphs } from './plain.js';
import { cellText, gridOf, linesOf } from './shapes.js';

/** @typedef {import('../types.js').Page} Page */
/** @typedef {import('../types.js').Block} Block */

/** Characters that mean something in Markdown wherever they stand. */
const SPECIAL = /([\\`*_[\]<>|~$&])/g;
/** What means something at the beginning of a line: headings, lists, rules, quotes. */
const AT_START = new RegExp(`^(\\p{Nd}{1,9}(?=[.)](${SPACE_CLASS}|$))|(?=[#+\\-=:]))`, 'u');

/**
 * CommonMark, and GitHub's tables. The first row of a table is its header.
 * @param {Page[]} pages
 */
export function writeMarkdown(pages) {
  return pages.map((page) => paragraphs(page.blocks.map((block) => blockText(page, block)))).join('\n---\n\n');
}

/**
 * @param {Page} page
 * @param {Block} block
 */
function blockText(page, block) {
  const lines = linesOf(page, block);
  const grid = gridOf(block, lines);
  if (grid) {
    const rows = grid.map((row) => `| ${row.map((cell) => inline(cellText(cell))).join(' | ')} |`);
    return [rows[0], `|${' --- |'.repeat(grid[0].length)}`, ...rows.slice(1)].join('\n');
  }
  const texts = lines.filter((line) => split(line.text).length).map((line) => escaped(line.text));
  if (block.kind === 'title') return texts.length ? `## ${texts.join(' ')}` : '';
  // A backslash keeps the break: the lines of a form belong to different fields.
  return texts.join(block.kind === 'form' ? '\\\n' : '\n');
}

/**
 * A line of text, nothing of which is taken for Markdown.
 * @param {string} text
 */
function escaped(text) {
  return inline(text).replace(AT_START, (found) => `${found}\\`);
}

/** @param {string} text */
function inline(text) {
  return split(text).join(' ').replace(SPECIAL, '\\$1');
}
