/**
 * Reading order: the lines of a page, grouped, in the order one reads them: `chuviet.reading.order`.
 *
 * @typedef {import('../types.js').Quad} Quad
 * @typedef {import('./boxes.js').Boxes} Boxes
 * @typedef {import('./boxes.js').Rows} Rows
 * @typedef {import('./boxes.js').Gutter} Gutter
 * @typedef {import('./blocks.js').Group} Group
 * @typedef {import('./blocks.js').Part} Part
 */

import { argsort, mean, median, roundEven } from '../image/numbers.js';
import { constants } from '../settings.js';
import { cellsLevel, groupsOf, sameHeight } from './blocks.js';
import { columnsOf, guttersOf, of, rowsOf } from './boxes.js';
import { direction, directionOf, flatten, modulo } from './flatten.js';

/**
 * @param {Quad[]} quads
 * @returns {Group[]} every line is in one of them
 */
export function arrange(quads) {
  if (!quads.length) return [];
  const main = direction(quads);
  const quarter = quads.map((quad) => modulo(roundEven((directionOf(quad) - main) / (Math.PI / 2)), 4));
  /** @type {Group[]} */
  const found = [];
  for (let way = 0; way < 4; way++) {
    const lines = quads.map((_, i) => i).filter((i) => quarter[i] === way);
    if (!lines.length) continue;
    const boxes = flatten(lines.map((i) => quads[i]));
    const parts = partsOf(
      boxes,
      lines.map((_, k) => k),
    );
    found.push(...groupsOf(boxes, parts).map((group) => ({ ...group, lines: group.lines.map((k) => lines[k]) })));
  }
  return found;
}

/**
 * @param {Boxes} boxes
 * @param {number[]} lines
 * @returns {Part[]}
 */
function partsOf(boxes, lines) {
  if (!lines.length) return [];
  const { rows, gutter, across } = division(boxes, lines);
  if (!gutter) return [{ rows, across: false }];
  const inside = rows.slice(gutter.first, gutter.last);
  const middle = across
    ? [{ rows: inside, across: true }]
    : sidesOf(boxes, inside.flat(), gutter.x).flatMap((side) => partsOf(boxes, side));
  const above = partsOf(boxes, rows.slice(0, gutter.first).flat());
  return [...above, ...middle, ...partsOf(boxes, rows.slice(gutter.last).flat())];
}

/**
 * Rows of lines, the gutter to divide them at, and whether it is read across.
 *
 * @param {Boxes} boxes
 * @param {number[]} lines
 */
function division(boxes, lines) {
  const { COARSE, FINE } = constants('reading.order');
  let rows = rowsOf(boxes, lines, COARSE);
  let best = bestGutter(boxes, rows);
  if (!best.gutter || best.across) {
    rows = rowsOf(boxes, lines, FINE);
    best = bestGutter(boxes, rows);
  }
  return { rows, ...best };
}

/**
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @returns {{gutter: Gutter | null, across: boolean}}
 */
function bestGutter(boxes, rows) {
  const gutters = guttersOf(boxes, rows);
  const enough = constants('reading.order')._TALL * gutters.reduce((most, one) => Math.max(most, one.tall), 0);
  /** @type {{gutter: Gutter | null, across: boolean}} */
  let best = { gutter: null, across: false };
  for (const gutter of gutters.filter((one) => one.tall >= enough)) {
    const across = isReadAcross(boxes, rows.slice(gutter.first, gutter.last), gutter.x);
    const better = !best.gutter || Number(across) < Number(best.across);
    if (better || (across === best.across && gutter.width > /** @type {Gutter} */ (best.gutter).width))
      best = { gutter, across };
  }
  return best;
}

/**
 * What is left and right of a gutter, in the order one reads them: notes in the left margin come last.
 *
 * @param {Boxes} boxes
 * @param {number[]} lines
 * @param {number} x
 */
function sidesOf(boxes, lines, x) {
  const left = lines.filter((i) => boxes.middle[i] < x);
  const right = lines.filter((i) => !(boxes.middle[i] < x));
  return isMargin(boxes, left, right) ? [right, left] : [left, right];
}

/**
 * Whether lines on both sides of a gutter are cells of one row, not lines of neighbouring columns of text.
 *
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @param {number} x
 */
function isReadAcross(boxes, rows, x) {
  const c = constants('reading.order');
  const columns = columnsOf(boxes, rows);
  const isLeft = (/** @type {number[]} */ column) => mean(of(boxes.middle, column)) < x;
  const left = columns.filter(isLeft).slice(-1)[0];
  const right = /** @type {number[]} */ (columns.find((column) => !isLeft(column)));
  const prose = [isProse(boxes, left), isProse(boxes, right)];
  if (prose[0] && prose[1]) return false;
  if (prose[0] || prose[1]) {
    const [long, short] = prose[0] ? [left, right] : [right, left];
    const limit = isMargin(boxes, left, right) ? c._NUMBER : c._SHORT;
    const beside = shareOf(sameHeight(boxes, short, long, c._BESIDE));
    return short.length >= 2 && beside >= 0.8 && median(of(boxes.ratio, short)) < limit;
  }
  if (columns.length === 2 && isCentred(boxes, left) && isCentred(boxes, right)) return false;
  return Math.min(left.length, right.length) < 4 || paired(boxes, left, right) >= c._STAGGERED;
}

/**
 * The share of rows of a table that have something true.
 *
 * @param {boolean[][]} table
 */
function shareOf(table) {
  return table.filter((row) => row.some(Boolean)).length / table.length;
}

/**
 * Whether most lines, three at least, are long, fill the column's width, and are close to each other.
 *
 * @param {Boxes} boxes
 * @param {number[]} column
 */
function isProse(boxes, column) {
  const { _CLOSE, _FULL, _LONG } = constants('reading.order');
  const wide = _FULL * extent(boxes, column);
  const full = column.filter((i) => boxes.width[i] >= wide && boxes.ratio[i] >= _LONG);
  const sum = (/** @type {number[]} */ lines) => lines.reduce((total, i) => total + boxes.width[i], 0);
  if (full.length < 3 || sum(full) < 0.5 * sum(column)) return false;
  const lower = argsort(of(boxes.centre, column)).map((k) => column[k]);
  const gaps = lower.slice(1).map((line, k) => boxes.top[line] - boxes.bottom[lower[k]]);
  return median(gaps) <= _CLOSE * median(of(boxes.height, column));
}

/**
 * Whether two to six lines of different widths have a common middle.
 *
 * @param {Boxes} boxes
 * @param {number[]} column
 */
function isCentred(boxes, column) {
  const limit = constants('reading.order')._CENTRED * median(of(boxes.height, column));
  const range = (/** @type {number[]} */ values) => Math.max(...values) - Math.min(...values);
  const few = 2 <= column.length && column.length <= 6;
  return few && range(of(boxes.middle, column)) < limit && limit < range(of(boxes.left, column));
}

/**
 * Whether what is left of a gutter are notes in the margin of running text.
 *
 * @param {Boxes} boxes
 * @param {number[]} left
 * @param {number[]} right
 */
function isMargin(boxes, left, right) {
  const narrow = extent(boxes, left) < constants('reading.order')._MARGIN * extent(boxes, right);
  return narrow && 2 * left.length <= right.length && isProse(boxes, right);
}

/**
 * @param {Boxes} boxes
 * @param {number[]} lines
 */
function extent(boxes, lines) {
  return Math.max(...of(boxes.right, lines)) - Math.min(...of(boxes.left, lines));
}

/**
 * The share of the rows of the shorter of two columns that have a cell of the other's at their height.
 *
 * @param {Boxes} boxes
 * @param {number[]} left
 * @param {number[]} right
 */
function paired(boxes, left, right) {
  const [least, other] = right.length < left.length ? [right, left] : [left, right];
  /** @type {number[]} */
  const level = [];
  for (const row of rowsOf(boxes, [...left, ...right], constants('reading.order').WHOLE)) {
    const mine = row.filter((i) => least.includes(i));
    const across = row.filter((i) => other.includes(i));
    if (!mine.length) continue;
    const beside = across.length > 0 && shareOf(sameHeight(boxes, mine, across)) >= 0.5;
    level.push(Number(beside || (across.length > 0 && cellsLevel(boxes, mine, across))));
  }
  return mean(level);
}
