/** JSON: all that a page holds. `src/chuviet/formats/pages.schema.json` describes it. */

import { float } from './numbers.js';

/** @typedef {import('../types.js').Page} Page */

const SCHEMA = 'chuviet/pages';
const VERSION = 1;
/** Entries whose numbers are floating-point numbers, and written with a point; all others are integers. */
const FLOATS = new Set(['angle', 'confidence', 'points', 'outline']);

/**
 * One object with `schema`, `version` and `pages`; a text line, and a block, on a line of its own.
 * @param {Page[]} pages
 */
export function writeJson(pages) {
  const head = `{"schema": "${SCHEMA}", "version": ${VERSION}, "pages": [\n`;
  return head + pages.map(pageText).join(',\n') + (pages.length ? '\n]}\n' : ']}\n');
}

/** @param {Page} page */
function pageText(page) {
  const { lines, blocks, ...scalars } = page;
  const first = Object.entries(scalars).map(([key, value]) => ` ${dumped(key)}: ${dumped(value, FLOATS.has(key))}`);
  return `{${first.join(',').slice(1)},\n "lines": ${rows(lines)},\n "blocks": ${rows(blocks)}}`;
}

/** @param {unknown[]} values */
function rows(values) {
  return values.length ? `[\n${values.map((value) => `  ${dumped(value)}`).join(',\n')}\n ]` : '[]';
}

/**
 * @param {unknown} value
 * @param {boolean} isFloat whether its numbers are floating-point numbers
 * @returns {string}
 */
function dumped(value, isFloat = false) {
  if (typeof value === 'number') return isFloat ? float(value) : String(value);
  if (Array.isArray(value)) return `[${value.map((one) => dumped(one, isFloat)).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, one]) => `${dumped(key)}: ${dumped(one, FLOATS.has(key))}`);
  return `{${entries.join(', ')}}`;
}
