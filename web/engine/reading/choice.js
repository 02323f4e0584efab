/**
 * Several readers of different texts: each line is read by those that may know it best: `chuviet.reading.choice`.
 *
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 * @typedef {import('./lines.js').LineReader} LineReader
 * @typedef {import('../settings.js').Calibration} Calibration
 * @typedef {(reader: LineReader, asked: number[]) => Promise<Prediction[]>} Read
 */

import { likelihood } from '../decode/confidence.js';
import { constants, settings } from '../settings.js';

/**
 * What is compared with what other readers read.
 *
 * @param {LineReader[]} readers
 * @returns {Calibration[]}
 */
function calibrationsOf(readers) {
  const { lines, words, print } = settings().calibrations;
  const found = readers.map((reader) => (reader.knowsWords ? words : reader.weights.language_model ? lines : print));
  return found.includes(lines) ? found : found.map((one) => (one === print ? lines : one));
}

/**
 * Lines, each so many times as wide as high, read by those readers that they decide for.
 *
 * @param {LineReader[]} readers
 * @param {number[]} aspects
 * @param {Read} read
 * @returns {Promise<Prediction[]>}
 */
export async function choose(readers, aspects, read) {
  if (readers.length === 1)
    return read(
      readers[0],
      aspects.map((_, i) => i),
    );
  const { _LEAST, _LONG, _VIETNAMESE } = constants('reading.choice');
  const calibrations = calibrationsOf(readers);
  /** @type {Prediction[]} */
  const best = aspects.map(() => ({
    text: '',
    confidence: 1,
    rawText: null,
    spans: null,
    scores: null,
    frames: 0,
    wordScores: null,
  }));
  const worth = aspects.map(() => -Infinity);
  const linesKnown = readers.some((reader) => !reader.knowsWords);
  for (const [k, reader] of readers.entries()) {
    const { offset, slope, pages } = calibrations[k];
    if (pages && vietnameseShare(best) > _VIETNAMESE) continue;
    const passed = linesKnown && reader.knowsWords;
    const asked = aspects.flatMap((aspect, i) =>
      (pages || worth[i] < offset) && !(passed && aspect > _LONG) ? [i] : [],
    );
    const found = asked.length ? await read(reader, asked) : [];
    if (
      pages &&
      !readsBetter(
        found,
        asked.map((i) => best[i]),
      )
    )
      continue;
    asked.forEach((i, n) => {
      const value = found[n].text ? offset + slope * Math.log(Math.max(likelihood(found[n]), _LEAST)) : -Infinity;
      if (pages || value > worth[i]) [best[i], worth[i]] = [found[n], value];
    });
  }
  return best;
}

/**
 * The share of letters, of all in what was read, that Vietnamese has and English has not; 0 without letters.
 *
 * @param {Prediction[]} lines
 */
export function vietnameseShare(lines) {
  const marked = new Set(constants('reading.choice')._MARKED);
  const letters = lines.flatMap((line) => line.text.toLowerCase().match(/\p{L}/gu) ?? []);
  return letters.length ? letters.filter((letter) => marked.has(letter)).length / letters.length : 0;
}

/**
 * Whether a reader of print reads a page better than what read the same lines before: it is surer of the whole, and
 * both have most letters in common.
 *
 * @param {Prediction[]} found
 * @param {Prediction[]} before
 */
export function readsBetter(found, before) {
  const { _AGREE, _LEAST } = constants('reading.choice');
  let [surer, common, letters] = [0, 0, 0];
  found.forEach((now, i) => {
    const length = Math.max(now.text.length, before[i].text.length);
    surer += length * Math.log(Math.max(likelihood(now), _LEAST) / Math.max(likelihood(before[i]), _LEAST));
    common += inCommon(now.text.toLowerCase(), before[i].text.toLowerCase());
    letters += length;
  });
  return letters > 0 && surer > 0 && common >= _AGREE * letters;
}

/**
 * The length of the longest common part of two texts, and of those before and behind it: the blocks of Python's
 * `difflib.SequenceMatcher`.
 *
 * @param {string} a
 * @param {string} b
 * @returns {number}
 */
function inCommon(a, b) {
  let [most, startA, startB] = [0, 0, 0];
  let before = new Int32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    const here = new Int32Array(b.length + 1);
    for (let j = 0; j < b.length; j++) {
      if (a[i] !== b[j]) continue;
      const length = (here[j + 1] = before[j] + 1);
      if (length > most) [most, startA, startB] = [length, i - length + 1, j - length + 1];
    }
    before = here;
  }
  if (!most) return 0;
  const left = inCommon(a.slice(0, startA), b.slice(0, startB));
  return left + most + inCommon(a.slice(startA + most), b.slice(startB + most));
}
