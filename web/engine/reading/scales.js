/**
 * Text of any size on one page: a second look at a quarter of the size: `chuviet.reading.scales`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Quad} Quad
 * @typedef {import('../decode/regions.js').Found} Found
 * @typedef {import('./joining.js').Detection} Detection
 * @typedef {Found & {scale: number}} Seen
 */

import { along, heightOf, middleOf, minAreaQuad, rolled, sideLengths } from '../geometry.js';
import { argsort } from '../image/numbers.js';
import { areaOf, commonArea } from '../image/rectangle.js';
import { constants } from '../settings.js';

/**
 * @param {(longest: number) => Promise<Detection>} look
 * @param {Picture} image
 * @param {number} longest
 * @param {number} enlarge
 * @returns {Promise<Detection>}
 */
export async function findAtScales(look, image, longest, enlarge) {
  const scale = Math.min(longest / Math.max(image.height, image.width), enlarge);
  const first = await look(longest);
  const coarse = await look(Math.max(Math.floor(longest / constants('reading.scales')._COARSE), 32));
  return {
    lines: merge(withLarge(first.lines, coarse.lines, scale)),
    words: merge(withLarge(first.words, coarse.words, scale)),
  };
}

/**
 * What the first look saw, and what of the coarse one was too large for it.
 *
 * @param {Found} first
 * @param {Found} coarse
 * @param {number} scale
 * @returns {[Seen, Seen]}
 */
function withLarge(first, coarse, scale) {
  const { _COARSE, _TOO_TALL } = constants('reading.scales');
  const large = coarse.quads.map((quad) => Math.min(heightOf(quad), sideLengths(quad)[0]) * scale > _TOO_TALL);
  const few = {
    quads: coarse.quads.filter((_, i) => large[i]),
    scores: coarse.scores.filter((_, i) => large[i]),
    scale: scale / _COARSE,
  };
  return [{ ...first, scale }, few];
}

/**
 * What two looks found, each text once.
 *
 * @param {[Seen, Seen]} seen
 * @returns {Found}
 */
export function merge(seen) {
  const c = constants('reading.scales');
  if (!seen[1].quads.length) return { quads: seen[0].quads, scores: seen[0].scores };
  const quads = seen.flatMap((one) => one.quads);
  const scores = seen.flatMap((one) => one.scores);
  const heights = quads.map(heightOf);
  const areas = quads.map((quad) => Math.abs(areaOf(quad)));
  const count = seen[0].quads.length;
  const trust = scores.map((score, i) => {
    const height = heights[i] * seen[i < count ? 0 : 1].scale;
    return score * Math.min(1, Math.min(height / c.LOW, c.HIGH / Math.max(height, 1e-6)));
  });
  const shared = sharedAreas(quads, count);
  /** @type {number[]} */
  let kept = [];
  for (const i of argsort(trust.map((one) => -one))) {
    const common = (/** @type {number} */ j) => /** @type {number} */ (shared[i].get(j));
    const sum = (/** @type {number[]} */ some) => some.reduce((total, j) => total + common(j), 0);
    const near = [...shared[i].keys()];
    const others = near.filter((j) => common(j) > c._SAME * Math.min(areas[i], areas[j]));
    const lower = others.filter((j) => heights[j] < c._LOWER * heights[i] && trust[j] > 0.5);
    if (lower.length > 1 && sum(lower) > c._WHOLE * areas[i]) continue;
    const mates = near.filter((j) => kept.includes(j) && onOneLine(quads[i], quads[j]));
    const over = others.filter((j) => kept.includes(j));
    if (mates.length) {
      const j = mates.reduce((best, one) => (common(one) > common(best) ? one : best));
      quads[j] = joined(quads[j], quads[i]);
    } else if (!over.length) kept.push(i);
    else if (sum(over) < c._WHOLE * areas[i]) kept = [...kept.filter((j) => !over.includes(j)), i];
  }
  kept.sort((a, b) => a - b);
  return { quads: kept.map((i) => quads[i]), scores: kept.map((i) => scores[i]) };
}

/**
 * Of every quad those of the other look that overlap it, and the area in common.
 *
 * @param {Quad[]} quads
 * @param {number} count - of the first look
 * @returns {Map<number, number>[]}
 */
function sharedAreas(quads, count) {
  /** @type {Map<number, number>[]} */
  const shared = quads.map(() => new Map());
  const boxes = quads.map((quad) => {
    const [xs, ys] = [quad.map(([x]) => x), quad.map(([, y]) => y)];
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  });
  for (let i = 0; i < count; i++) {
    for (let j = count; j < quads.length; j++) {
      const [a, b] = [boxes[i], boxes[j]];
      if (b[0] > a[2] || b[1] > a[3] || a[0] > b[2] || a[1] > b[3]) continue;
      const common = commonArea(quads[i], quads[j]);
      if (!common) continue;
      shared[i].set(j, common);
      shared[j].set(i, common);
    }
  }
  return shared;
}

/**
 * Whether two quads have one height and one direction, and the middle of one lies on the axis of the other.
 *
 * @param {Quad} a
 * @param {Quad} b
 */
function onOneLine(a, b) {
  const [low, high] = [heightOf(a), heightOf(b)].sort((x, y) => x - y);
  if (high > 1.6 * low) return false;
  const [u, v] = [a, b].map((quad) => {
    const [x, y] = along(quad);
    const length = Math.max(Math.hypot(x, y), 1e-9);
    return [x / length, y / length];
  });
  const [from, to] = [middleOf(a), middleOf(b)];
  const aside = Math.abs((to[1] - from[1]) * u[0] - (to[0] - from[0]) * u[1]);
  return u[0] * v[0] + u[1] * v[1] > 0.985 && aside < 0.3 * low;
}

/**
 * The quad around two of one line, in the direction of the first.
 *
 * @param {Quad} a
 * @param {Quad} b
 * @returns {Quad}
 */
function joined(a, b) {
  const around = minAreaQuad([...a, ...b]);
  const side = [a[1][0] - a[0][0], a[1][1] - a[0][1]];
  const reach = (/** @type {Quad} */ q) => (q[1][0] - q[0][0]) * side[0] + (q[1][1] - q[0][1]) * side[1];
  return [0, 1, 2, 3].map((k) => rolled(around, k)).reduce((best, one) => (reach(one) > reach(best) ? one : best));
}
