/**
 * A page made flat: turning, perspective and bending taken out of the places of its lines: `chuviet.reading.flatten`.
 *
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('../types.js').Quad} Quad
 */

import { along, heightOf, middleOf } from '../geometry.js';
import { argsort, median, searchSorted } from '../image/numbers.js';
import { solved } from '../image/warp.js';
import { constants } from '../settings.js';
import { Boxes } from './boxes.js';

/**
 * Where a quad's text runs: radians clockwise from the right.
 *
 * @param {Quad} quad
 */
export function directionOf(quad) {
  const [x, y] = along(quad);
  return Math.atan2(y, x);
}

/**
 * The remainder of a division, of the divisor's sign.
 *
 * @param {number} x
 * @param {number} by
 */
export function modulo(x, by) {
  return ((x % by) + by) % by;
}

/**
 * The median direction of lines, each counted by its length.
 *
 * @param {Quad[]} quads - one at least
 */
export function direction(quads) {
  const ways = quads.map(along);
  const whole = ways.reduce(([x, y], [u, v]) => [x + u, y + v], [0, 0]);
  const middle = Math.atan2(whole[1], whole[0]);
  const angles = quads.map((quad) => modulo(directionOf(quad) - middle + Math.PI, 2 * Math.PI) - Math.PI);
  const order = argsort(angles);
  let sum = 0;
  const share = order.map((i) => (sum += Math.hypot(...ways[i]) + 1e-9));
  return middle + angles[order[searchSorted(share, 0.5 * sum)]];
}

/**
 * Points of a page whose lines run at an angle, where they are when the lines are level.
 *
 * @param {Point[]} points
 * @param {number} angle
 * @returns {Point[]}
 */
export function turned(points, angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return points.map(([x, y]) => [x * c + y * s, y * c - x * s]);
}

/**
 * The places of lines on a page where they would be level and the edges of columns upright.
 *
 * @param {Quad[]} quads - one at least
 * @returns {Boxes}
 */
export function flatten(quads) {
  const { _LONG, _FOLD } = constants('reading.flatten');
  const angle = direction(quads);
  const level = quads.map((quad) => turned(quad, angle));
  const start = level.map((q) => middleOf([q[0], q[3]]));
  const end = level.map((q) => middleOf([q[1], q[2]]));
  const height = level.map((_, i) => Math.max(heightOf(quads[i]), 1e-6));
  const centres = start.map((s, i) => middleOf([s, end[i]]));
  const origin = middleOf(centres);
  const x = centres.map((p) => p[0] - origin[0]);
  let y = centres.map((p) => p[1] - origin[1]);
  const long = quads.map((_, i) => i).filter((i) => end[i][0] - start[i][0] > _LONG * height[i]);
  let [constant, byX, byY] = fit(
    long.map((i) => [x[i], y[i]]),
    long.map((i) => (end[i][1] - start[i][1]) / (end[i][0] - start[i][0])),
  );
  if (Math.abs(byY) * furthest(x) > _FOLD) [constant, byX, byY] = [0, 0, 0];
  y = y.map((v, i) => v - (constant * x[i] + 0.5 * byX * x[i] * x[i] + byY * x[i] * v));
  const left = start.map((s, i) => Math.min(s[0], end[i][0]) - origin[0]);
  const right = start.map((s, i) => Math.max(s[0], end[i][0]) - origin[0]);
  [constant, byX, byY] = lean([left, right], y, height);
  if (Math.abs(byX) * furthest(y) > _FOLD) [constant, byX, byY] = [0, 0, 0];
  const straight = (/** @type {number[]} */ edge) =>
    edge.map((e, i) => e - (constant * y[i] + byX * e * y[i] + 0.5 * byY * y[i] * y[i]));
  return new Boxes(straight(left), straight(right), y, height);
}

/** @param {number[]} values */
function furthest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/**
 * How far to the right edges of text go with each pixel down, as constant + a x + b y.
 *
 * @param {number[][]} edges - left and right
 * @param {number[]} y
 * @param {number[]} height
 */
function lean(edges, y, height) {
  const { _AT_EDGE } = constants('reading.flatten');
  /** @type {Point[]} */
  const places = [];
  /** @type {number[]} */
  const leans = [];
  for (const edge of edges) {
    for (let i = 0; i < y.length; i++) {
      for (let j = 0; j < y.length; j++) {
        const down = y[j] - y[i];
        const aside = edge[j] - edge[i];
        // Heights are those of the second line, as in Python.
        if (!(down > 0.5 * height[j] && down < 3 * height[j] && Math.abs(aside) < _AT_EDGE * height[j])) continue;
        places.push([edge[i], y[i]]);
        leans.push(aside / down);
      }
    }
  }
  return fit(places, leans);
}

/**
 * constant, a, b of values as constant + a x + b y of their places: least squares without outliers, a and b damped.
 *
 * @param {Point[]} places
 * @param {number[]} values
 * @returns {number[]}
 */
function fit(places, values) {
  const { _ENOUGH, _DAMPING } = constants('reading.flatten');
  if (values.length < _ENOUGH) return [0, 0, 0];
  const extent = [0, 1].map((k) => {
    const of = places.map((p) => p[k]);
    return Math.max(of.reduce((a, b) => Math.max(a, b)) - of.reduce((a, b) => Math.min(a, b)), 1);
  });
  const terms = places.map(([x, y]) => [1, x / extent[0], y / extent[1]]);
  const middle = median(values);
  let off = values.map((value) => Math.abs(value - middle));
  let found = [0, 0, 0];
  for (let round = 0; round < 3; round++) {
    const limit = 3 * median(off) + 1e-4;
    const rows = [0, 1, 2].map((i) => [0, 1, 2, 3].map((j) => (i && i === j ? _DAMPING ** 2 : 0)));
    terms.forEach((term, k) => {
      if (off[k] > limit) return;
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 3; j++) rows[i][j] += term[i] * term[j];
        rows[i][3] += term[i] * values[k];
      }
    });
    found = solved(rows);
    off = values.map((value, k) => Math.abs(value - terms[k].reduce((sum, one, i) => sum + one * found[i], 0)));
  }
  return [found[0], found[1] / extent[0], found[2] / extent[1]];
}
