/**
 * From what a decoder gives to the lines and words of a page's JSON: `chuviet.reading.layout` and `chuviet.results`.
 *
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('../types.js').Quad} Quad
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 * @typedef {{text: string, points: Point[], confidence: number}} Word
 * @typedef {{text: string, raw_text: string, points: Point[], confidence: number, words: Word[]}} Line
 * @typedef {{kind: string, points: Point[], lines: number[], cells?: [number, number][]}} Block
 * @typedef {{
 *   schema: string, version: number, name: string, width: number, height: number, angle: number, lines: Line[],
 *   blocks: Block[],
 * }} Page
 */

import { geometricMean, wordSpans } from '../decode/confidence.js';
import { partOf } from '../geometry.js';
import { rounded } from '../image/numbers.js';
import { settings } from '../settings.js';
import { direction } from './flatten.js';
import { arrange } from './order.js';

/**
 * The line inside a quad. Words are where the detector found them, if it found as many as were read.
 *
 * @param {Quad} quad
 * @param {Prediction} prediction
 * @param {number} confidence
 * @param {Quad[] | null} words
 */
export function lineAt(quad, prediction, confidence, words) {
  const spans = wordSpans(prediction.text);
  const found = words && words.length === spans.length ? words : null;
  const read = spans.map(([first, last], i) => ({
    text: prediction.text.slice(first, last),
    points: toTenths(found ? found[i] : partOf(quad, ...extent(prediction, first, last))),
    confidence: rounded(wordScore(prediction, i, first, last), 4),
  }));
  const raw = prediction.rawText === null ? prediction.text : prediction.rawText;
  const line = {
    text: prediction.text,
    raw_text: raw,
    points: toTenths(quad),
    confidence: rounded(confidence, 4),
    words: read,
  };
  return { quad, line };
}

/**
 * Where the characters from `first` to before `last` begin and end along the line, 0 .. 1.
 *
 * @param {Prediction} prediction
 * @param {number} first
 * @param {number} last
 * @returns {[number, number]}
 */
function extent({ text, spans, frames }, first, last) {
  if (!spans || !frames) return [first / text.length, last / text.length];
  const start = first ? spans[first - 1][1] + 1 : 0;
  const end = last < text.length ? spans[last][0] : frames;
  return [start / frames, Math.max(end, start + 1) / frames];
}

/**
 * @param {Prediction} prediction
 * @param {number} number
 * @param {number} first
 * @param {number} last
 */
function wordScore({ wordScores, scores, confidence }, number, first, last) {
  if (wordScores) return wordScores[number];
  return scores ? geometricMean(scores.slice(first, last)) : confidence;
}

/**
 * The page that lines make, in blocks and in reading order, as `chuviet read --format jsonl` writes it.
 *
 * @param {string} name
 * @param {{width: number, height: number}} size
 * @param {{quad: Quad, line: Line}[]} found
 * @returns {Page}
 */
export function pageOf(name, { width, height }, found) {
  const quads = found.map(({ quad }) => quad);
  const groups = arrange(quads);
  let first = 0;
  const blocks = groups.map((group) => {
    const points = group.lines.flatMap((i) => quads[i]);
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    const numbers = group.lines.map((_, k) => first + k);
    first += numbers.length;
    /** @type {Block} */
    const block = {
      kind: group.kind,
      points: toTenths([
        [left, top],
        [right, top],
        [right, bottom],
        [left, bottom],
      ]),
      lines: numbers,
    };
    return group.cells ? { ...block, cells: group.cells } : block;
  });
  const angle = quads.length ? (direction(quads) * 180) / Math.PI : 0;
  const { schema, version } = settings().schema;
  const lines = groups.flatMap((group) => group.lines.map((i) => found[i].line));
  return { schema, version, name, width, height, angle: rounded(angle, 2), lines, blocks };
}

/**
 * @param {Point[]} points
 * @returns {Point[]}
 */
function toTenths(points) {
  return points.map(([x, y]) => [rounded(x, 1), rounded(y, 1)]);
}
