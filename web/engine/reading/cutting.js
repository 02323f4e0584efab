/**
 * Lines that hold several texts of a row, which a detector found as one: `chuviet.reading.cutting`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('../types.js').Quad} Quad
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 * @typedef {import('./joining.js').FoundLine} FoundLine
 * @typedef {import('./wideSet.js').Read} Read
 * @typedef {{word: number, start: number, end: number, width: number}} Gap
 *   Between two words: the number of the one before it, where it lies along the line, 0 .. 1, its width in heights.
 */

import { geometricMean, wordSpans } from '../decode/confidence.js';
import { along, crop, heightOf, middleOf, minus, partOf, sideLengths } from '../geometry.js';
import { mean, median, roundEven } from '../image/numbers.js';
import { constants } from '../settings.js';
import { inkedColumns } from './words.js';

/**
 * Lines on an image with their texts, those in parts that hold several texts.
 *
 * @param {Picture} image
 * @param {Read[]} lines
 * @returns {Read[]}
 */
export function cutRows(image, lines) {
  const { LEAST } = constants('reading.cutting');
  const gaps = lines.map((read) => gapsOf(image, read));
  const sure = probabilities(describe(lines, gaps));
  let at = 0;
  return lines.flatMap((read, i) => {
    const here = gaps[i].filter(() => sure[at++] >= LEAST);
    return here.length ? cut(read, here) : [read];
  });
}

/**
 * The gaps at the spaces of a text whose letters' places are known: the widest blank that lies there.
 *
 * @param {Picture} image
 * @param {Read} read
 * @returns {Gap[]}
 */
export function gapsOf(image, { line, text }) {
  const { _REACH } = constants('reading.cutting');
  const words = wordSpans(text.text);
  const { spans, frames } = text;
  if (words.length < 2 || !spans || !frames) return [];
  const inked = inkedColumns(crop(image, line.quad));
  const [width, height] = [inked.length, Math.max(heightOf(line.quad), 1)];
  const centre = (/** @type {number} */ i) => ((spans[i][0] + spans[i][1]) / 2 + 0.5) * (width / frames);
  return words.slice(1).map(([first], number) => {
    const left = Math.trunc(Math.max(centre(words[number][1] - 1) - _REACH * height, 0));
    const right = Math.trunc(Math.min(centre(first) + _REACH * height, width - 1));
    let [start, end] = widest(inked.slice(left, right + 1));
    if (start === end) start = end = Math.floor((right - left) / 2);
    return { word: number, start: (left + start) / width, end: (left + end) / width, width: (end - start) / height };
  });
}

/**
 * The first of the longest runs without ink: its first column and the one behind its last.
 *
 * @param {boolean[]} inked
 * @returns {[number, number]}
 */
function widest(inked) {
  /** @type {[number, number]} */
  let best = [0, 0];
  let start = -1;
  [...inked, true].forEach((one, x) => {
    if (!one && start < 0) start = x;
    if (!one || start < 0) return;
    if (x - start > best[1] - best[0]) best = [start, x];
    start = -1;
  });
  return best;
}

/**
 * What the trees are asked about each gap of a page, line by line.
 *
 * @param {Read[]} lines
 * @param {Gap[][]} gaps
 * @returns {number[][]}
 */
export function describe(lines, gaps) {
  const { _LEAST_GAP, _LEAST_LETTER } = constants('reading.cutting');
  const widths = gaps.flat().map((gap) => gap.width);
  const usual = Math.max(widths.length ? median(widths) : 0, _LEAST_GAP);
  return lines.flatMap(({ line, text }, i) => {
    const words = wordSpans(text.text).map(([first, last]) => text.text.slice(first, last));
    const kinds = [0, ...words.map(kindOf), 0];
    const length = lengthOf(line.quad) / Math.max(heightOf(line.quad), 1);
    const blank = gaps[i].reduce((sum, gap) => sum + gap.width, 0);
    const letter = (length - blank) / Math.max(words.join('').length, 1);
    return gaps[i].map(({ word, width }) => [
      width,
      width / usual,
      width / Math.max(letter, _LEAST_LETTER),
      letter,
      words.slice(0, word + 1).join(' ').length,
      words.slice(word + 1).join(' ').length,
      words[word].length,
      words[word + 1].length,
      ...[1, 2, 0, 3].map((k) => kinds[word + k]),
    ]);
  });
}

/**
 * The number of the first of the kinds that fits a word, from 1 on.
 *
 * @param {string} word
 */
export function kindOf(word) {
  /** @type {string[]} */
  const kinds = constants('reading.cutting')._KINDS;
  const found = kinds.findIndex((kind) => new RegExp(`^(?:${kind})$`, 'iu').test(word));
  return found < 0 ? kinds.length : found + 1;
}

/**
 * How likely a text ends at each of the gaps.
 *
 * @param {number[][]} gaps - what `describe` gives
 * @returns {number[]}
 */
export function probabilities(gaps) {
  const { _BASE, _TREES } = constants('reading.cutting');
  return gaps.map((gap) => {
    let total = _BASE;
    for (const nodes of _TREES) {
      let at = 0;
      while (nodes[at][0] >= 0) at = nodes[at][gap[nodes[at][0]] <= nodes[at][1] ? 2 : 3];
      total += nodes[at][4];
    }
    return 1 / (1 + Math.exp(-total));
  });
}

/**
 * A line and its text in parts, each of which keeps a little of the gaps beside it.
 *
 * @param {Read} read
 * @param {Gap[]} gaps - in their order
 * @returns {Read[]}
 */
export function cut({ line, text }, gaps) {
  const { _MARGIN } = constants('reading.cutting');
  const spans = wordSpans(text.text);
  const margin = (_MARGIN * heightOf(line.quad)) / Math.max(lengthOf(line.quad), 1e-6);
  let [first, start] = [0, 0];
  return [...gaps, null].map((gap) => {
    const last = gap ? gap.word + 1 : spans.length;
    const kept = gap ? Math.min(margin, (gap.end - gap.start) / 2) : 0;
    const end = gap ? gap.start + kept : 1;
    const part = { ...line, quad: partOf(line.quad, start, end), words: inside(line, start, end) };
    const read = { line: part, text: partOfText(text, spans, [first, last], [start, end]) };
    [first, start] = [last, gap ? gap.end - kept : 1];
    return read;
  });
}

/**
 * The words `first` to before `last` of a text, of the line's part from `start` to `end`.
 *
 * @param {Prediction} text
 * @param {[number, number][]} spans
 * @param {[number, number]} words
 * @param {[number, number]} part
 * @returns {Prediction}
 */
function partOfText(text, spans, [first, last], [start, end]) {
  const [a, b] = [spans[first][0], spans[last - 1][1]];
  const scores = text.scores && text.scores.slice(a, b);
  const wordScores = text.wordScores && text.wordScores.slice(first, last);
  const sure = wordScores ? mean(wordScores) : scores && geometricMean(scores);
  const raw = text.rawText === null ? null : text.rawText.split(' ');
  const share = (/** @type {string[]} */ all, /** @type {number} */ word) =>
    roundEven((word * all.length) / spans.length);
  const from = Math.trunc(start * text.frames);
  const to = Math.max(Math.ceil(end * text.frames), 1);
  const within = (/** @type {number} */ frame) => Math.min(Math.max(frame, from), to - 1) - from;
  return {
    ...text,
    text: text.text.slice(a, b),
    confidence: sure ?? text.confidence,
    rawText: raw && raw.slice(share(raw, first), share(raw, last)).join(' '),
    spans: text.spans && text.spans.slice(a, b).map(([x, y]) => [within(x), within(y)]),
    scores,
    frames: to - from,
    wordScores,
  };
}

/**
 * The words of a line whose middles lie in its part from `start` to `end`.
 *
 * @param {FoundLine} line
 * @param {number} start
 * @param {number} end
 */
function inside({ quad, words }, start, end) {
  if (!words) return null;
  const [x, y] = along(quad);
  const begin = middleOf([quad[0], quad[3]]);
  const found = words.filter((word) => {
    const [u, v] = minus(middleOf(word), begin);
    const place = ((u * x + v * y) / Math.max(x * x + y * y, 1e-6)) * 2;
    return place >= start && place < end;
  });
  return found.length ? found : null;
}

/** @param {Quad} quad */
function lengthOf(quad) {
  const [top, , bottom] = sideLengths(quad);
  return (top + bottom) / 2;
}
