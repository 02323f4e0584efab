/**
 * Crops of a page by a reader that knows single words only: `chuviet.reading.words`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 */

import { countLevels, cut, toGrey } from '../image/filters.js';
import { median } from '../image/numbers.js';
import { constants } from '../settings.js';

/**
 * A crop cut at its blanks; one that is not wide stays whole.
 *
 * @param {Picture} crop
 * @returns {Picture[]}
 */
export function splitWords(crop) {
  const c = constants('reading.words');
  const { width, height } = crop;
  if (width < c._WIDE * height) return [crop];
  const columns = inkedColumns(crop).flatMap((inked, x) => (inked ? [x] : []));
  const blanks = columns
    .slice(1)
    .map((right, i) => [columns[i], right])
    .filter(([left, right]) => right - left > 1);
  const sizes = blanks.map(([left, right]) => right - left - 1);
  const least = Math.max(c._BLANK * height, c._USUAL * median(sizes));
  const middles = blanks.filter((_, i) => sizes[i] >= least).map(([left, right]) => Math.floor((left + right + 1) / 2));
  return [0, ...middles].map((start, i) => cut(crop, start, 0, middles[i] ?? width, height));
}

/**
 * Which columns of a crop have ink; what touches the edges is of other lines.
 *
 * @param {Picture} crop
 * @returns {boolean[]}
 */
export function inkedColumns(crop) {
  const { width, height } = crop;
  const grey = toGrey(crop);
  const limit = otsuThreshold(countLevels(grey));
  const bright = grey.data.map((level) => (level > limit ? 1 : 0));
  const share = bright.reduce((sum, one) => sum + one, 0) / bright.length;
  const inked = share < 0.5 ? 1 : 0; // there is less ink than paper
  const edge = Math.floor(height / 10);
  return Array.from({ length: width }, (_, x) => {
    for (let y = edge; y < height - edge; y++) if (bright[y * width + x] === inked) return true;
    return false;
  });
}

/**
 * Otsu's threshold: what parts levels in two kinds that differ most; above it is the brighter one.
 *
 * @param {Float64Array} counts - 256
 * @returns {number}
 */
export function otsuThreshold(counts) {
  let total = 0;
  let sum = 0;
  counts.forEach((count, level) => {
    total += count;
    sum += level * count;
  });
  const scale = 1 / total;
  const mean = sum * scale;
  let [best, most, darker, share] = [0, 0, 0, 0];
  for (let level = 0; level < 256; level++) {
    const part = counts[level] * scale;
    darker *= share;
    share += part;
    const rest = 1 - share;
    if (Math.min(share, rest) < 1.1920929e-7 || Math.max(share, rest) > 1 - 1.1920929e-7) continue;
    darker = (darker + level * part) / share;
    const brighter = (mean - share * darker) / rest;
    const spread = share * rest * (darker - brighter) ** 2;
    if (spread > most) [most, best] = [spread, level];
  }
  return best;
}

/**
 * The words of a crop as one line; words have no common frames.
 *
 * @param {Prediction[]} words
 * @returns {Prediction}
 */
export function joinWords(words) {
  if (words.length === 1) return words[0];
  const letters = words.reduce((sum, word) => sum + word.text.length, 0);
  const logs = words.reduce((sum, word) => sum + word.text.length * Math.log(Math.max(word.confidence, 1e-9)), 0);
  return {
    text: words
      .map((word) => word.text)
      .filter(Boolean)
      .join(' '),
    confidence: Math.exp(logs / Math.max(letters, 1)),
    rawText: null,
    spans: null,
    scores: null,
    frames: 0,
    wordScores: null,
  };
}
