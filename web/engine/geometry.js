/**
 * Quads around text: `chuviet.geometry`.
 *
 * @typedef {import('./types.js').Picture} Picture
 * @typedef {import('./types.js').Point} Point
 * @typedef {import('./types.js').Quad} Quad
 */

import { argmax, argsort, roundEven } from './image/numbers.js';
import { boxPoints, minAreaRect } from './image/rectangle.js';
import { straightened } from './image/warp.js';
import { constants } from './settings.js';

/**
 * @param {Point} a
 * @param {Point} b
 * @returns {Point}
 */
export function minus(a, b) {
  return [a[0] - b[0], a[1] - b[1]];
}

/**
 * @param {Point[]} points
 * @returns {Point}
 */
export function middleOf(points) {
  const n = points.length;
  return [points.reduce((sum, [x]) => sum + x, 0) / n, points.reduce((sum, [, y]) => sum + y, 0) / n];
}

/**
 * How far it is from the first to the second corner and from the fourth to the third, together: the way of the text.
 *
 * @param {Quad} quad
 * @returns {Point}
 */
export function along([a, b, c, d]) {
  return [b[0] - a[0] + (c[0] - d[0]), b[1] - a[1] + (c[1] - d[1])];
}

/**
 * Length of top, right, bottom and left side.
 *
 * @param {Quad} quad
 * @returns {number[]}
 */
export function sideLengths(quad) {
  return quad.map(([x, y], i) => Math.hypot(quad[(i + 1) % 4][0] - x, quad[(i + 1) % 4][1] - y));
}

/** @param {Quad} quad */
export function heightOf(quad) {
  const sides = sideLengths(quad);
  return 0.5 * (sides[1] + sides[3]);
}

/**
 * The quad that begins `steps` corners later.
 *
 * @template T
 * @param {T[]} corners
 * @param {number} steps - negative: earlier
 * @returns {T[]}
 */
export function rolled(corners, steps) {
  const n = corners.length;
  return corners.map((_, i) => corners[(((i + steps) % n) + n) % n]);
}

/**
 * Four corners in any order, clockwise from the text's top left as far as the shape tells.
 *
 * @param {Quad} points
 * @returns {Quad}
 */
export function orderQuad(points) {
  const [x, y] = middleOf(points);
  const around = argsort(points.map((p) => Math.atan2(p[1] - y, p[0] - x))).map((i) => points[i]);
  const across = around.map((p, i) => around[(i + 1) % 4][0] - p[0]);
  const right = across.map((one, i) => one - across[(i + 2) % 4]);
  return rolled(around, argmax(right));
}

/**
 * The smallest rotated rectangle around points, in order.
 *
 * @param {Point[]} points
 * @returns {Quad}
 */
export function minAreaQuad(points) {
  const single = points.map(([x, y]) => /** @type {Point} */ ([Math.fround(x), Math.fround(y)]));
  return orderQuad(boxPoints(minAreaRect(single)));
}

/**
 * A quad, longer by `ends` of its height at either end, by `most` of its width at most, and higher by `above` of its
 * height above and below.
 *
 * @param {Quad} quad
 * @param {number} ends
 * @param {number} above
 * @param {number} most
 * @returns {Quad}
 */
export function widened(quad, ends, above, most) {
  const right = minus(quad[1], quad[0]);
  const down = minus(quad[3], quad[0]);
  const more = Math.min((ends * Math.hypot(...down)) / Math.max(Math.hypot(...right), 1e-6), most);
  return quad.map(([x, y], i) => {
    const [u, v] = [i === 0 || i === 3 ? -1 : 1, i < 2 ? -1 : 1];
    return [x + u * right[0] * more + v * down[0] * above, y + u * right[1] * more + v * down[1] * above];
  });
}

/**
 * What a quad holds, straightened.
 *
 * @param {Picture} image
 * @param {Quad} quad
 * @returns {Picture}
 */
export function crop(image, quad) {
  const { _PARTS } = constants('geometry');
  quad = quad.map(([x, y]) => [roundEven(x * _PARTS) / _PARTS, roundEven(y * _PARTS) / _PARTS]);
  const [top, right, bottom, left] = sideLengths(quad);
  const width = Math.max(roundEven(Math.max(top, bottom)), 2);
  return straightened(image, quad, width, Math.max(roundEven(Math.max(left, right)), 2));
}

/**
 * The part of a quad from `start` to `end` of its length, 0 .. 1.
 *
 * @param {Quad} quad
 * @param {number} start
 * @param {number} end
 * @returns {Quad}
 */
export function partOf([a, b, c, d], start, end) {
  [start, end] = [start, end].map((one) => Math.min(Math.max(one, 0), 1));
  const at = (/** @type {Point} */ p, /** @type {Point} */ q, /** @type {number} */ share) =>
    /** @type {Point} */ ([p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]);
  return [at(a, b, start), at(a, b, end), at(d, c, end), at(d, c, start)];
}

/**
 * Points with their coordinates inside 0 .. `width` - 1 and 0 .. `height` - 1.
 *
 * @param {Quad} quad
 * @param {number} width
 * @param {number} height
 * @returns {Quad}
 */
export function clipped(quad, width, height) {
  return quad.map(([x, y]) => [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)]);
}
