/**
 * Lines on a page made flat, rows of those that stand side by side, and the gutters between them:
 * `chuviet.reading.gutters`.
 *
 * @typedef {number[][]} Rows
 *   Numbers of lines.
 * @typedef {[number, number]} Interval
 * @typedef {{first: number, last: number, x: number, width: number, tall: number}} Gutter
 */

import { argsort, median } from '../image/numbers.js';
import { constants } from '../settings.js';

export class Boxes {
  /**
   * @param {number[]} left
   * @param {number[]} right
   * @param {number[]} centre
   * @param {number[]} height
   */
  constructor(left, right, centre, height) {
    this.left = left;
    this.right = right;
    this.centre = centre;
    this.height = height;
    this.top = centre.map((c, i) => c - 0.5 * height[i]);
    this.bottom = centre.map((c, i) => c + 0.5 * height[i]);
    this.middle = left.map((l, i) => 0.5 * (l + right[i]));
    this.width = left.map((l, i) => right[i] - l);
    this.ratio = this.width.map((w, i) => w / height[i]);
  }
}

/**
 * The values of some lines.
 *
 * @param {number[]} values
 * @param {number[]} lines
 */
export function of(values, lines) {
  return lines.map((i) => values[i]);
}

/**
 * Lines that overlap in height, directly or over others, from the top to the bottom; `core` of a line's height above
 * and below its middle counts.
 *
 * @param {Boxes} boxes
 * @param {number[]} lines
 * @param {number} core
 * @returns {Rows}
 */
export function rowsOf(boxes, lines, core) {
  const high = lines.map((i) => boxes.centre[i] - core * boxes.height[i]);
  const low = lines.map((i) => boxes.centre[i] + core * boxes.height[i]);
  /** @type {Rows} */
  const rows = [];
  let reached = -Infinity;
  for (const k of argsort(high)) {
    if (!rows.length || high[k] > reached) rows.push([]);
    rows[rows.length - 1].push(lines[k]);
    reached = Math.max(reached, low[k]);
  }
  return rows;
}

/**
 * The lines in the columns that gutters through all rows leave, from the left to the right.
 *
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @returns {Rows}
 */
export function columnsOf(boxes, rows) {
  const lines = rows.flat();
  /** @type {Rows} */
  const columns = [];
  let reached = -Infinity;
  for (const k of argsort(of(boxes.left, lines))) {
    if (!columns.length || boxes.left[lines[k]] > reached) columns.push([]);
    columns[columns.length - 1].push(lines[k]);
    reached = Math.max(reached, boxes.right[lines[k]]);
  }
  return columns;
}

/**
 * The distance of each row but the last from the next; negative where they overlap.
 *
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @returns {number[]}
 */
export function gapsBetween(boxes, rows) {
  return rows.slice(1).map((row, k) => Math.min(...of(boxes.top, row)) - Math.max(...of(boxes.bottom, rows[k])));
}

/**
 * The gutters between lines that stand side by side.
 *
 * @param {Boxes} boxes
 * @param {Rows} rows
 * @returns {Gutter[]}
 */
export function guttersOf(boxes, rows) {
  return rows.length ? new Search(boxes, rows).gutters() : [];
}

class Search {
  /**
   * @param {Boxes} boxes
   * @param {Rows} rows
   */
  constructor(boxes, rows) {
    const { _BREAK, _BREAK_HEIGHT } = constants('reading.gutters');
    this.boxes = boxes;
    this.rows = rows;
    this.height = median(of(boxes.height, rows.flat()));
    this.spans = rows.map((row) => spansOf(boxes, row));
    this.gaps = gapsBetween(boxes, rows);
    const limit = rows.length > 1 ? Math.max(_BREAK_HEIGHT * this.height, _BREAK * median(this.gaps)) : 0;
    this.breaks = this.gaps.map((gap) => gap > limit);
    this.least = constants('reading.gutters')._LEAST * this.height;
  }

  gutters() {
    /** @type {[Interval, number, number][]} */
    const found = [];
    this.spans.forEach((spans, k) => {
      for (let i = 1; i < spans.length; i++) {
        const [start, end] = [spans[i - 1][1], spans[i][0]];
        const known = found.some(([free, first, last]) => {
          const x = 0.5 * (free[0] + free[1]);
          return first <= k && k < last && start < x && x < end;
        });
        if (!known && end - start >= this.least) found.push(this.grown(k, [start, end]));
      }
    });
    return found.map(([free, first, last]) => this.gutter(free, first, last));
  }

  /**
   * How far up and down from a row an interval is free of text, and what of it is free in all these rows.
   *
   * @param {number} k
   * @param {Interval} free
   * @returns {[Interval, number, number]}
   */
  grown(k, free) {
    let [first, last] = [k, k + 1];
    while (first > 0 && !this.breaks[first - 1]) {
      const narrower = widest(this.spans[first - 1], free);
      if (narrower[1] - narrower[0] < this.least) break;
      free = narrower;
      first--;
    }
    while (last < this.rows.length && !this.breaks[last - 1]) {
      const narrower = widest(this.spans[last], free);
      if (narrower[1] - narrower[0] < this.least) break;
      free = narrower;
      last++;
    }
    return [free, first, last];
  }

  /**
   * @param {Interval} free
   * @param {number} first
   * @param {number} last
   * @returns {Gutter}
   */
  gutter(free, first, last) {
    const x = 0.5 * (free[0] + free[1]);
    const both = this.twoSided(first, last, x);
    const [top, bottom] = [first + both.indexOf(true), first + both.lastIndexOf(true) + 1];
    const tall =
      Math.max(...of(this.boxes.bottom, this.rows[bottom - 1])) - Math.min(...of(this.boxes.top, this.rows[top]));
    [first, last] = this.withoutStrangers([first, last], [top, bottom], x);
    return { first, last, x, width: free[1] - free[0], tall };
  }

  /**
   * Which rows have text on both sides of x, alone or with the next row that they reach into.
   *
   * @param {number} first
   * @param {number} last
   * @param {number} x
   */
  twoSided(first, last, x) {
    const spans = this.spans.slice(first, last);
    const left = spans.map((one) => one[0][0] < x);
    const right = spans.map((one) => one[one.length - 1][1] > x);
    const both = spans.map((_, i) => left[i] && right[i]);
    for (let i = 0; i + 1 < spans.length; i++) {
      const sides = (left[i] && right[i + 1]) || (right[i] && left[i + 1]);
      if (sides && this.gaps[first + i] < 0) both[i] = both[i + 1] = true;
    }
    return both;
  }

  /**
   * The rows that belong to a gutter: those with text on both sides, and what goes on in one of its columns.
   *
   * @param {Interval} limits
   * @param {Interval} core
   * @param {number} x
   * @returns {Interval}
   */
  withoutStrangers(limits, core, x) {
    const { _NEXT, _LARGER } = constants('reading.gutters');
    const { boxes } = this;
    let [first, last] = core;
    const inside = this.rows.slice(first, last).flat();
    const height = median(of(boxes.height, inside));
    const usual = last - first > 1 ? median(this.gaps.slice(first, last - 1)) : 0;
    const belongs = (/** @type {number[]} */ row, /** @type {number} */ gap) => {
      const side = boxes.middle[row[0]] < x;
      const column = inside.filter((i) => boxes.middle[i] < x === side);
      return (
        Math.min(...of(boxes.left, row)) >= Math.min(...of(boxes.left, column)) - height &&
        Math.max(...of(boxes.right, row)) <= Math.max(...of(boxes.right, column)) + height &&
        gap <= Math.max(usual, 0) + _NEXT * height &&
        Math.max(...of(boxes.height, row)) <= _LARGER * height
      );
    };
    while (first > limits[0] && belongs(this.rows[first - 1], this.gaps[first - 1])) first--;
    while (last < limits[1] && belongs(this.rows[last], this.gaps[last - 1])) last++;
    return [first, last];
  }
}

/**
 * What a row covers, from the left to the right.
 *
 * @param {Boxes} boxes
 * @param {number[]} row
 * @returns {Interval[]}
 */
function spansOf(boxes, row) {
  return columnsOf(boxes, [row]).map((c) => [Math.min(...of(boxes.left, c)), Math.max(...of(boxes.right, c))]);
}

/**
 * The widest part of an interval that a row leaves free.
 *
 * @param {Interval[]} spans
 * @param {Interval} free
 * @returns {Interval}
 */
function widest(spans, free) {
  let lo = free[0];
  const hi = free[1];
  /** @type {Interval} */
  let best = [lo, lo];
  for (const [left, right] of spans) {
    if (left > lo && Math.min(left, hi) - lo > best[1] - best[0]) best = [lo, Math.min(left, hi)];
    lo = Math.max(lo, right);
  }
  return hi - lo > best[1] - best[0] ? [lo, hi] : best;
}
