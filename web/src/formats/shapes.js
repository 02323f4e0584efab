/** Places on a page as output formats want them: upright boxes, points, baselines; and the cells of tables. */

import { rint } from './numbers.js';

/** @typedef {import('../types.js').Point} Point */
/** @typedef {import('../types.js').Line} Line */
/** @typedef {import('../types.js').Word} Word */
/** @typedef {import('../types.js').Block} Block */
/** @typedef {import('../types.js').Page} Page */

/** Where letters stand in the height of a line, from its lower side: a fifth is left for descenders. */
export const DESCENT = 0.2;

/**
 * The upright rectangle around points: left, top, right, bottom in whole pixels, within the page and at least a pixel
 * wide and high.
 * @param {Point[]} points
 * @param {Page} page
 * @returns {[number, number, number, number]}
 */
export function boxOf(points, page) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right] = within(Math.floor(Math.min(...xs)), Math.ceil(Math.max(...xs)), page.width);
  const [top, bottom] = within(Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys)), page.height);
  return [left, top, right, bottom];
}

/**
 * Points in whole pixels, none outside the page.
 * @param {Point[]} points
 * @param {Page} page
 */
export function pointsOf(points, page) {
  return points.map(([x, y]) => [clip(rint(x), page.width), clip(rint(y), page.height)]);
}

/**
 * The outline of a line that bends, else its corners.
 * @param {Line} line
 */
export function outlineOf(line) {
  return line.outline ?? line.points;
}

/**
 * Where the letters of a line stand, from its start to its end.
 * @param {Line} line
 * @returns {Point[]}
 */
export function baselineOf(line) {
  let outline = outlineOf(line);
  if (outline.length % 2) outline = line.points;
  const half = outline.length / 2;
  const lower = outline.slice(half).reverse();
  return lower.map(([x, y], k) => [x + DESCENT * (outline[k][0] - x), y + DESCENT * (outline[k][1] - y)]);
}

/**
 * By how many degrees a text runs clockwise from upright, -180 to 180.
 * @param {Point[]} corners
 */
export function angleOf(corners) {
  const [a, b, c, d] = corners;
  const x = b[0] - a[0] + (c[0] - d[0]);
  const y = b[1] - a[1] + (c[1] - d[1]);
  return Math.atan2(y, x) * (180 / Math.PI);
}

/**
 * The words of a line; the line itself as one word where it has text and no words.
 * @param {Line} line
 * @returns {Word[]}
 */
export function wordsOf(line) {
  if (line.words.length || !line.text) return line.words;
  return [{ text: line.text, points: line.points, confidence: line.confidence }];
}

/**
 * The lines of a block.
 * @param {Page} page
 * @param {Block} block
 */
export function linesOf(page, block) {
  return block.lines.map((number) => page.lines[number]);
}

/**
 * The upright rectangle around lines.
 * @param {Line[]} lines
 * @returns {Point[]}
 */
export function around(lines) {
  const points = lines.flatMap((line) => line.points);
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

/**
 * The items of a table by row and column, one item a line; a cell may hold none or several. Null for what is no table.
 * @template T
 * @param {Block} block
 * @param {T[]} items
 * @returns {T[][][] | null}
 */
export function gridOf(block, items) {
  if (!block.cells) return null;
  const rows = sortedSet(block.cells.map(([row]) => row));
  const columns = sortedSet(block.cells.map(([, column]) => column));
  const grid = rows.map(() => columns.map(() => /** @type {T[]} */ ([])));
  block.cells.forEach(([row, column], k) => grid[rows.indexOf(row)][columns.indexOf(column)].push(items[k]));
  return grid;
}

/**
 * The lines of a cell beside each other.
 * @param {Line[]} cell
 */
export function cellText(cell) {
  return cell
    .map((line) => line.text)
    .filter((text) => text)
    .join(' ');
}

/** @param {number[]} values */
function sortedSet(values) {
  return [...new Set(values)].sort((a, b) => a - b);
}

/**
 * @param {number} value
 * @param {number} most
 */
function clip(value, most) {
  return Math.min(Math.max(value, 0), most);
}

/**
 * @param {number} low
 * @param {number} high
 * @param {number} size
 */
function within(low, high, size) {
  const first = Math.min(Math.max(low, 0), Math.max(size - 1, 0));
  return [first, Math.max(Math.min(high, size), first + 1)];
}
