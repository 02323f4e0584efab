/**
 * How sure words are: `chuviet.decode.confidence`, and `Prediction.likelihood`.
 *
 * @typedef {import('./ctc.js').Prediction} Prediction
 */

import { mean } from '../image/numbers.js';
import { constants } from '../settings.js';

/**
 * Where the words of a text begin and end.
 *
 * @param {string} text
 * @returns {[number, number][]}
 */
export function wordSpans(text) {
  /** @type {[number, number][]} */
  const found = [];
  let at = 0;
  for (const word of text.split(' ')) {
    if (word) found.push([at, at + word.length]);
    at += word.length + 1;
  }
  return found;
}

/**
 * The geometric mean of probabilities.
 *
 * @param {number[]} scores
 */
export function geometricMean(scores) {
  return Math.exp(mean(scores.map((one) => Math.log(Math.max(one, 1e-12)))));
}

/**
 * What readers, and readings of turned lines, are compared by.
 *
 * @param {Prediction} prediction
 */
export function likelihood({ scores, confidence }) {
  return scores && scores.length ? geometricMean(scores) : confidence;
}

/**
 * The prediction with its words' confidences; calibrated ones make its own, their mean.
 *
 * @param {Prediction} prediction
 * @param {[number, number]} calibration - slope and offset of a word's log odds
 * @returns {Prediction}
 */
export function withWordScores(prediction, calibration) {
  const { scores } = prediction;
  if (!scores) return prediction;
  const { _LEAST, IDENTITY } = constants('decode.confidence');
  const [slope, offset] = calibration;
  const same = slope === IDENTITY[0] && offset === IDENTITY[1];
  const words = wordSpans(prediction.text).map(([a, b]) => {
    const score = geometricMean(scores.slice(a, b));
    if (same) return score;
    const sure = Math.min(Math.max(score, _LEAST), 1 - _LEAST);
    return 1 / (1 + Math.exp(-(slope * Math.log(sure / (1 - sure)) + offset)));
  });
  const confidence = words.length && !same ? mean(words) : prediction.confidence;
  return { ...prediction, confidence, wordScores: words };
}
