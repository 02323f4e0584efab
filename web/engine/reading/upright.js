/**
 * Which way text runs on a page that may be turned by any angle: `chuviet.reading.upright`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('../types.js').Quad} Quad
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 * @typedef {import('./joining.js').Detection} Detection
 * @typedef {import('./joining.js').FoundLine} FoundLine
 * @typedef {(lines: FoundLine[]) => Promise<Prediction[]>} Read
 */

import { likelihood } from '../decode/confidence.js';
import { rolled, sideLengths } from '../geometry.js';
import { argsort, median, roundEven, searchSorted } from '../image/numbers.js';
import { warpLinear } from '../image/turn.js';
import { constants } from '../settings.js';
import { directionOf, modulo } from './flatten.js';
import { upsideDown } from './joining.js';

/**
 * By how many degrees a page's text leans off the page's sides; 0 for so little that a detector does not mind.
 *
 * @param {Quad[]} quads
 */
export function leanOf(quads) {
  const { _FEW, _LEANS } = constants('reading.upright');
  if (quads.length < _FEW) return 0;
  const lean = modulo((pageAxis(quads) * 180) / Math.PI + 45, 90) - 45;
  return Math.abs(lean) > _LEANS ? lean : 0;
}

/**
 * The image turned counterclockwise by `lean` degrees, all of it, and where points of it were.
 *
 * @param {Picture} image
 * @param {number} lean
 * @returns {{level: Picture, back: (points: Point[]) => Point[]}}
 */
export function levelled(image, lean) {
  const angle = (lean * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const { width, height } = image;
  const wide = roundEven(width * Math.abs(c) + height * Math.abs(s));
  const high = roundEven(width * Math.abs(s) + height * Math.abs(c));
  const [x, y] = [width / 2, height / 2];
  const m = [c, s, (1 - c) * x - s * y + (wide - width) / 2, -s, c, s * x + (1 - c) * y + (high - height) / 2];
  const whole = m[0] * m[4] - m[1] * m[3];
  const [a, b, d, e] = [m[4] / whole, -m[1] / whole, -m[3] / whole, m[0] / whole];
  const inverse = [a, b, -a * m[2] - b * m[5], d, e, -d * m[2] - e * m[5]];
  /** @param {Point[]} points @returns {Point[]} */
  const back = (points) =>
    points.map(([u, v]) => [
      u * inverse[0] + v * inverse[1] + inverse[2],
      u * inverse[3] + v * inverse[4] + inverse[5],
    ]);
  return { level: warpLinear(image, inverse, wide, high), back };
}

/**
 * Lines that run along the page's direction or across it, from the beginning of their text, and what is read in them.
 *
 * @param {FoundLine[]} lines
 * @param {Read} read
 * @returns {Promise<[FoundLine[], Prediction[]]>}
 */
export async function readUpright(lines, read) {
  if (!lines.length) return [[], []];
  const texts = await read(lines);
  const quads = lines.map((line) => line.quad);
  const across = liesAcross(quads, pageAxis(quads));
  const all = lines.map((_, i) => i);
  const along = all.filter((i) => !across[i]);
  const turned = await isUpsideDown(
    along.map((i) => lines[i]),
    along.map((i) => texts[i]),
    read,
  );
  const turn = turned ? along : [];
  const tried = [...turn, ...all.filter((i) => across[i])];
  if (!tried.length) return [lines, texts];
  const turnedLines = tried.map((i) => upsideDown(lines[i]));
  const [bestLines, best] = [[...lines], [...texts]];
  (await read(turnedLines)).forEach((text, k) => {
    const i = tried[k];
    if (k < turn.length || likelihood(text) > likelihood(texts[i])) {
      bestLines[i] = turnedLines[k];
      best[i] = text;
    }
  });
  return [bestLines, best];
}

/**
 * Whether lines that were read with doubt are read better from their ends: tried on those with most letters.
 *
 * @param {FoundLine[]} lines
 * @param {Prediction[]} texts
 * @param {Read} read
 */
async function isUpsideDown(lines, texts, read) {
  const { _BETTER, _SAMPLE, _SURE, _TOLD } = constants('reading.upright');
  if (confidenceOf(texts) >= _SURE) return false;
  const sample = argsort(texts.map((text) => -text.text.length)).slice(0, _SAMPLE);
  const again = await read(sample.map((i) => upsideDown(lines[i])));
  const better = confidenceOf(again) > confidenceOf(sample.map((i) => texts[i])) + _BETTER;
  return better && lettersOf(again) >= _TOLD;
}

/**
 * Whether next to nothing was read on a page, and the words that were found are not wide.
 *
 * @param {FoundLine[]} lines
 * @param {Prediction[]} texts
 */
export function isLost(lines, texts) {
  const { _LEVEL, _LOST, _PIECES, _SURE } = constants('reading.upright');
  const confidence = confidenceOf(texts);
  const little = confidence < _LOST || (confidence < _SURE && lettersOf(texts) < _PIECES * texts.length);
  return little && wideShare(lines) < _LEVEL;
}

/**
 * The share of wide words in the area of all, of upright rectangles around them.
 *
 * @param {FoundLine[]} lines
 */
function wideShare(lines) {
  const { _WIDE } = constants('reading.upright');
  let [wide, all] = [0, 0];
  for (const quad of lines.flatMap((line) => line.words ?? [line.quad])) {
    const [xs, ys] = [quad.map(([x]) => x), quad.map(([, y]) => y)];
    const [width, height] = [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)];
    all += width * height;
    if (width > _WIDE * height) wide += width * height;
  }
  return wide / Math.max(all, 1e-6);
}

/**
 * Whether so much more was read on a lost page turned by 90 degrees that this is how it is to be read.
 *
 * @param {Prediction[]} texts
 * @param {Prediction[]} lost
 */
export function isFound(texts, lost) {
  const { _BETTER, _TOLD } = constants('reading.upright');
  return evidenceOf(texts) > 2 * evidenceOf(lost) + _TOLD * _BETTER;
}

/**
 * Points of an image that was turned by 90 degrees, where they were before.
 *
 * @param {number} width - before
 * @returns {(points: Point[]) => Point[]}
 */
export function turnedBack(width) {
  return (points) => points.map(([x, y]) => [width - 1 - y, x]);
}

/** @param {Prediction[]} texts */
function evidenceOf(texts) {
  const { _LOST } = constants('reading.upright');
  return texts.reduce((sum, text) => sum + text.text.length * Math.max(likelihood(text) - _LOST, 0), 0);
}

/** @param {Prediction[]} texts */
function confidenceOf(texts) {
  const letters = lettersOf(texts);
  return letters ? texts.reduce((sum, text) => sum + text.text.length * likelihood(text), 0) / letters : 1;
}

/** @param {Prediction[]} texts */
function lettersOf(texts) {
  return texts.reduce((sum, text) => sum + text.text.length, 0);
}

/**
 * The same quads, and words, with their corners from the beginning of the text as far as quads tell.
 *
 * @param {Detection} found
 * @returns {Detection}
 */
export function aligned({ lines, words }) {
  const axis = pageAxis(lines.quads.length ? lines.quads : words.quads);
  return {
    lines: { ...lines, quads: alignedTo(lines.quads, axis) },
    words: { ...words, quads: alignedTo(words.quads, axis) },
  };
}

/**
 * The direction in which most long quads lie, each counted by its length: above -pi / 2 and to pi / 2.
 *
 * @param {Quad[]} quads
 */
export function pageAxis(quads) {
  const { _LONG } = constants('reading.upright');
  const used = quads.map(longSide).filter((one) => one.ratio >= _LONG);
  if (!used.length) return 0;
  const sum = (/** @type {(angle: number) => number} */ part) =>
    used.reduce((total, { length, angle }) => total + length * part(2 * angle), 0);
  const mean = 0.5 * Math.atan2(sum(Math.sin), sum(Math.cos));
  const off = used.map(({ angle }) => folded(angle - mean));
  const order = argsort(off);
  let total = 0;
  const share = order.map((i) => (total += used[i].length));
  const axis = folded(mean + off[order[searchSorted(share, 0.5 * total)]]);
  return axis > -Math.PI / 2 + 1e-9 ? axis : Math.PI / 2;
}

/**
 * Which quads are long and lie across a page's direction.
 *
 * @param {Quad[]} quads
 * @param {number} axis
 * @returns {boolean[]}
 */
function liesAcross(quads, axis) {
  const { _LETTERS, _LONG, _SIGN } = constants('reading.upright');
  const sides = quads.map(longSide);
  const across = sides.map(({ angle }) => Math.abs(folded(angle - axis)) > Math.PI / 4);
  const usual = sides.filter(({ ratio }, i) => !across[i] && ratio >= _LONG).map(({ length, ratio }) => length / ratio);
  const height = usual.length ? median(usual) : 0;
  return sides.map(({ length, ratio }, i) => across[i] && ratio >= _SIGN && length > _LETTERS * height);
}

/**
 * @param {Quad[]} quads
 * @param {number} axis
 * @returns {Quad[]}
 */
function alignedTo(quads, axis) {
  const across = liesAcross(quads, axis);
  return quads.map((quad, i) => {
    const off = directionOf(quad) - (axis + (across[i] ? Math.PI / 2 : 0));
    return rolled(quad, -modulo(roundEven(off / (Math.PI / 2)), 4)); // one corner earlier: 90 degrees less
  });
}

/**
 * How long a quad is, the direction of its longer sides, and how many times as long as wide.
 *
 * @param {Quad} quad
 */
function longSide(quad) {
  const sides = sideLengths(quad);
  const [along, across] = [(sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2];
  const [length, width] = [Math.max(along, across), Math.min(along, across)];
  const angle = directionOf(quad) + (along >= across ? 0 : Math.PI / 2);
  return { length, angle, ratio: length / Math.max(width, 1e-6) };
}

/**
 * The angle of a direction without a sense: -pi / 2 to pi / 2.
 *
 * @param {number} angle
 */
function folded(angle) {
  return modulo(angle + Math.PI / 2, Math.PI) - Math.PI / 2;
}
