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
  const { lines, words, plain } = settings().calibrations;
  const found = readers.map((reader) => (reader.knowsWords ? words : reader.weights.language_model ? lines : plain));
  return found.includes(lines) ? found : found.map((one) => (one === plain ? lines : one));
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
  if (readers.length === 1) return read(readers[0], aspects.map((_, i) => i));
  const { _LEAST, _LONG } = constants('reading.choice');
  const calibrations = calibrationsOf(readers);
  /** @type {Prediction[]} */
  const best = aspects.map(() => ({
    text: '', confidence: 1, rawText: null, spans: null, scores: null, frames: 0, wordScores: null,
  }));
  const worth = aspects.map(() => -Infinity);
  const linesKnown = readers.some((reader) => !reader.knowsWords);
  for (const [k, reader] of readers.entries()) {
    const { offset, slope, agrees } = calibrations[k];
    const passed = linesKnown && reader.knowsWords;
    const asked = aspects.flatMap((aspect, i) => (worth[i] < offset && !(passed && aspect > _LONG) ? [i] : []));
    const found = asked.length ? await read(reader, asked) : [];
    if (agrees && agreement(asked.map((i) => best[i].text), found.map((one) => one.text)) < agrees) continue;
    asked.forEach((i, n) => {
      const value = found[n].text ? offset + slope * Math.log(Math.max(likelihood(found[n]), _LEAST)) : -Infinity;
      if (value > worth[i]) [best[i], worth[i]] = [found[n], value];
    });
  }
  return best;
}

/**
 * The share of letters that readings of the same lines have in common, in their order; 1 without any.
 *
 * @param {string[]} before
 * @param {string[]} after
 */
export function agreement(before, after) {
  let [common, letters] = [0, 0];
  before.forEach((text, i) => {
    common += inCommon(text.toLowerCase(), after[i].toLowerCase());
    letters += Math.max(text.length, after[i].length);
  });
  return letters ? common / letters : 1;
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
