/**
 * Lines from what a detector found: lines in pieces, and words: `chuviet.reading.joining`.
 *
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('../types.js').Quad} Quad
 * @typedef {import('../decode/regions.js').Found} Found
 * @typedef {{lines: Found, words: Found}} Detection
 * @typedef {{quad: Quad, score: number, words: Quad[] | null}} FoundLine
 */

import { along, heightOf, middleOf, minus, rolled } from '../geometry.js';
import { argsort, mean, median } from '../image/numbers.js';
import { areaOf } from '../image/rectangle.js';
import { constants } from '../settings.js';
import { direction, turned } from './flatten.js';

/**
 * The same line elsewhere.
 *
 * @param {FoundLine} line
 * @param {(points: Point[]) => Point[]} move
 * @returns {FoundLine}
 */
export function moved(line, move) {
  return { ...line, quad: move(line.quad), words: line.words && line.words.map(move) };
}

/**
 * The same line, read from its end.
 *
 * @param {FoundLine} line
 * @returns {FoundLine}
 */
export function upsideDown(line) {
  const words = line.words && [...line.words].reverse().map((word) => rolled(word, 2));
  return { ...line, quad: rolled(line.quad, 2), words };
}

/**
 * The lines on a page.
 *
 * @param {Detection} found
 * @returns {FoundLine[]}
 */
export function linesOf({ lines: found, words }) {
  const { _BESIDE, _LEAST } = constants('reading.joining');
  let lines = join(found.quads, _LEAST).map((parts) => lineOf(found, parts, true));
  const owner = ownersOf(
    words.quads,
    lines.map((line) => line.quad),
  );
  const outside = indices(owner, (one) => one < 0);
  const around = [...lines.map((line) => line.quad), ...outside.map((i) => words.quads[i])];
  const count = lines.length;
  for (const parts of join(around, _BESIDE)) {
    const ofLine = parts.filter((i) => i < count);
    if (ofLine.length !== 1) continue; // else the words before and behind a line that was found too short
    for (const i of parts) if (i >= count) owner[outside[i - count]] = ofLine[0];
  }
  lines = lines.map((line, k) => {
    const own = indices(owner, (one) => one === k).map((i) => words.quads[i]);
    return withWords(line, inDirection(own, line.quad));
  });
  const alone = indices(owner, (one) => one < 0);
  const rest = join(
    alone.map((i) => words.quads[i]),
    null,
  );
  return [
    ...lines,
    ...rest.map((parts) =>
      lineOf(
        words,
        parts.map((i) => alone[i]),
        false,
      ),
    ),
  ];
}

/**
 * @param {number[]} values
 * @param {(value: number) => boolean} wanted
 */
function indices(values, wanted) {
  return values.flatMap((value, i) => (wanted(value) ? [i] : []));
}

/**
 * Parts of lines: the numbers of the parts of each line, in its direction.
 *
 * @param {Quad[]} quads
 * @param {number | null} reach - heights between parts at most; null: less than twice what there mostly is
 * @returns {number[][]}
 */
export function join(quads, reach) {
  if (!quads.length) return [];
  const following = followers(quads, reach);
  const preceded = new Set(following.values());
  const lines = [];
  for (let first = 0; first < quads.length; first++) {
    if (preceded.has(first)) continue;
    const line = [first];
    for (let next = following.get(first); next !== undefined && next !== first; next = following.get(next))
      line.push(next);
    lines.push(line);
  }
  return lines;
}

/**
 * The rectangle around the parts of a line, turned as they are.
 *
 * @param {Quad[]} quads
 * @returns {Quad}
 */
export function around(quads) {
  if (quads.length === 1) return quads[0];
  const angle = angleOf(quads);
  const level = turned(quads.flat(), angle);
  const [xs, ys] = [level.map(([x]) => x), level.map(([, y]) => y)];
  const [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  return turned(
    [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ],
    -angle,
  );
}

/**
 * A line of parts, which are lines, or pieces of them, if `known`; else words if there are several.
 *
 * @param {Found} found
 * @param {number[]} parts
 * @param {boolean} known
 * @returns {FoundLine}
 */
function lineOf(found, parts, known) {
  const quads = parts.map((i) => found.quads[i]);
  const score = mean(parts.map((i) => found.scores[i]));
  return { quad: around(quads), score, words: quads.length > 1 && !known ? quads : null };
}

/**
 * The line with its words, long enough for all of them.
 *
 * @param {FoundLine} line
 * @param {Quad[]} words
 * @returns {FoundLine}
 */
function withWords(line, words) {
  if (!words.length) return line;
  const angle = angleOf([line.quad]);
  const level = turned(line.quad, angle);
  const xs = [...level, ...turned(words.flat(), angle)].map(([x]) => x);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const grown = level.map(
    ([x, y], i) => /** @type {Point} */ ([i === 0 || i === 3 ? Math.min(x, left) : Math.max(x, right), y]),
  );
  return { ...line, quad: turned(grown, -angle), words };
}

/**
 * The number of the line that each word has its middle in, the smallest if several; -1 without one.
 *
 * @param {Quad[]} words
 * @param {Quad[]} lines
 * @returns {number[]}
 */
function ownersOf(words, lines) {
  return words.map((word) => {
    const [x, y] = middleOf(word);
    let owner = -1;
    let least = Infinity;
    lines.forEach((line, k) => {
      const inside = line.every((corner, i) => {
        const side = minus(line[(i + 1) % 4], corner);
        return side[0] * (y - corner[1]) - side[1] * (x - corner[0]) >= 0;
      });
      const area = inside ? Math.abs(areaOf(line)) : Infinity;
      if (area < least) [owner, least] = [k, area];
    });
    return owner;
  });
}

/**
 * Words in the order in which they stand on their line.
 *
 * @param {Quad[]} words
 * @param {Quad} line
 */
function inDirection(words, line) {
  const way = along(line);
  const places = words.map((word) => {
    const [x, y] = middleOf(word);
    return x * way[0] + y * way[1];
  });
  return argsort(places).map((i) => words[i]);
}

/**
 * From the first part's middle to the last's, if these are far apart; else the parts' own.
 *
 * @param {Quad[]} quads
 */
function angleOf(quads) {
  const [x, y] = minus(middleOf(quads[quads.length - 1]), middleOf(quads[0]));
  const far = constants('reading.joining')._FAR * Math.max(...quads.map(heightOf));
  return Math.hypot(x, y) > far ? Math.atan2(y, x) : direction(quads);
}

/**
 * The next part of each that has one: the two are nearest to each other, on this side and on that.
 *
 * @param {Quad[]} quads
 * @param {number | null} reach
 * @returns {Map<number, number>}
 */
function followers(quads, reach) {
  const c = constants('reading.joining');
  const n = quads.length;
  const height = quads.map(heightOf);
  const gaps = closeGaps(quads);
  const after = new Int32Array(n).fill(-1);
  const before = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const gap = gaps[i * n + j];
      if (gap === Infinity) continue;
      if (after[i] < 0 || gap < gaps[i * n + after[i]]) after[i] = j;
      if (before[j] < 0 || gap < gaps[before[j] * n + j]) before[j] = i;
    }
  }
  const pairs = [];
  for (let i = 0; i < n; i++) {
    const j = after[i];
    if (j >= 0 && before[j] === i) pairs.push({ i, j, gap: gaps[i * n + j] / Math.max(height[i], height[j]) });
  }
  if (reach === null) {
    const words = pairs.length >= c._MANY * n;
    const usual = c._USUAL * median(pairs.map((pair) => pair.gap));
    reach = words ? Math.min(Math.max(usual, c._LEAST), c._MOST) : c._LEAST;
  }
  const least = /** @type {number} */ (reach);
  return new Map(pairs.filter((pair) => pair.gap < least).map(({ i, j }) => [i, j]));
}

/**
 * The distance from the end of a part to the beginning of another along the first, where that may be the next one of
 * its line; else infinity.
 *
 * @param {Quad[]} quads
 * @returns {Float64Array} a row for each
 */
function closeGaps(quads) {
  const c = constants('reading.joining');
  const n = quads.length;
  const parts = quads.map((quad) => {
    const [start, end] = [middleOf([quad[0], quad[3]]), middleOf([quad[1], quad[2]])];
    const length = Math.max(Math.hypot(...minus(end, start)), 1e-6);
    const height = Math.max(heightOf(quad), 1e-6);
    const [x, y] = minus(end, start);
    return { start, end, length, height, unit: [x / length, y / length], long: length > c._LONG * height };
  });
  const gaps = new Float64Array(n * n).fill(Infinity);
  parts.forEach((a, i) =>
    parts.forEach((b, j) => {
      const [larger, smaller] = [Math.max(a.height, b.height), Math.min(a.height, b.height)];
      if (i === j || larger >= c._SIZE * smaller) return;
      const [x, y] = minus(b.start, a.end);
      const gap = x * a.unit[0] + y * a.unit[1];
      if (!(gap < c._MOST * larger && gap > -c._OVERLAP * smaller)) return;
      if (Math.abs(a.unit[0] * y - a.unit[1] * x) >= c._OFFSET * larger) return;
      if (a.length <= c._UPRIGHT * a.height || b.length <= c._UPRIGHT * b.height) return;
      const straight = a.unit[0] * b.unit[0] + a.unit[1] * b.unit[1] > Math.cos(c._TURN);
      if (straight || !(a.long && b.long)) gaps[i * n + j] = gap;
    }),
  );
  return gaps;
}
