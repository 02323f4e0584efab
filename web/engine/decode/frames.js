/**
 * Texts and the frames of a line: `chuviet.decode.alignment` and `.doubt`.
 *
 * @typedef {import('../types.js').Frames} Frames
 * @typedef {import('../native.js').Kernels} Kernels
 * @typedef {{ids: number[], spans: [number, number][], peaks: number[]}} Alignment
 */

import { constants } from '../settings.js';

/**
 * @param {Float32Array} logits
 * @param {number} count
 * @param {number} classes
 * @returns {Frames} log probabilities
 */
export function logSoftmax(logits, count, classes) {
  const data = new Float32Array(count * classes);
  for (let t = 0; t < count; t++) {
    const start = t * classes;
    let most = -Infinity;
    for (let i = start; i < start + classes; i++) most = Math.max(most, logits[i]);
    let sum = 0;
    for (let i = start; i < start + classes; i++) sum += Math.exp(Math.fround(logits[i] - most));
    const log = Math.log(sum);
    for (let i = start; i < start + classes; i++) data[i] = Math.fround(logits[i] - most) - log;
  }
  return { data, count, classes };
}

/**
 * The likeliest class of each frame, repeats merged, blanks removed.
 *
 * @param {Frames} frames - log probabilities
 * @returns {Alignment}
 */
export function readBestPath(frames) {
  const classes = Array.from({ length: frames.count }, (_, t) => likeliest(frames, t));
  return runs(frames, classes, classes);
}

/**
 * The likeliest alignment of a text; null when it needs more frames than there are.
 *
 * @param {Kernels} kernels
 * @param {Frames} frames - log probabilities
 * @param {number[]} ids
 * @returns {Alignment | null}
 */
export function alignText(kernels, frames, ids) {
  if (!ids.length) return { ids: [], spans: [], peaks: [] };
  if (!frames.count) return null;
  const path = kernels.align(frames, ids);
  return (
    path &&
    runs(
      frames,
      path.map((state) => (state % 2 ? ids[(state - 1) / 2] + 1 : 0)),
      path,
    )
  );
}

/**
 * The alignment that takes one class a frame; a run of frames is one of one number in `path`.
 *
 * @param {Frames} frames
 * @param {number[]} classes
 * @param {number[]} path
 * @returns {Alignment}
 */
function runs(frames, classes, path) {
  const { BLANK } = constants('decode.alignment');
  /** @type {Alignment} */
  const found = { ids: [], spans: [], peaks: [] };
  for (let start = 0, end = 0; start < path.length; start = end) {
    while (end < path.length && path[end] === path[start]) end++;
    const c = classes[start];
    if (c === BLANK) continue;
    let peak = -Infinity;
    for (let t = start; t < end; t++) peak = Math.max(peak, frames.data[t * frames.classes + c]);
    found.ids.push(c - 1);
    found.spans.push([start, end - 1]);
    found.peaks.push(peak);
  }
  return found;
}

/**
 * The geometric mean of the characters' probabilities; 1 without any.
 *
 * @param {Alignment} alignment
 */
export function confidenceOf({ peaks }) {
  return peaks.length ? Math.exp(peaks.reduce((a, b) => a + b) / peaks.length) : 1;
}

/**
 * @param {Frames} frames
 * @param {number} t
 */
function likeliest(frames, t) {
  const start = t * frames.classes;
  let best = 0;
  for (let c = 1; c < frames.classes; c++) if (frames.data[start + c] > frames.data[start + best]) best = c;
  return best;
}

/**
 * The probabilities of log probabilities at a temperature.
 *
 * @param {Frames} frames
 * @param {number} temperature
 * @returns {Frames}
 */
export function softened(frames, temperature) {
  const { count, classes } = frames;
  if (temperature === 1) return { data: frames.data.map(Math.exp), count, classes };
  const data = frames.data.map((one) => Math.exp(Math.fround(one / temperature)));
  for (let t = 0; t < count; t++) {
    const row = data.subarray(t * classes, (t + 1) * classes);
    let sum = 0;
    for (const one of row) sum += one;
    for (let c = 0; c < classes; c++) row[c] /= sum;
  }
  return { data, count, classes };
}

/**
 * The probabilities without the classes below `least`; each frame keeps its likeliest one.
 *
 * @param {Frames} probs
 * @param {number} least
 * @returns {Frames}
 */
export function inDoubt(probs, least) {
  if (least <= 0) return probs;
  const { count, classes } = probs;
  const bound = Math.fround(least);
  const data = probs.data.map((one) => (one >= bound ? one : 0));
  for (let t = 0; t < count; t++) {
    const best = t * classes + likeliest(probs, t);
    data[best] = probs.data[best];
  }
  return { data, count, classes };
}

/**
 * The probabilities with which every text has the words with digits of `text` where its alignment has them.
 *
 * @param {Frames} probs
 * @param {Alignment} read
 * @param {string} text
 * @param {number[]} digits - classes
 * @returns {Frames}
 */
export function holdNumbers(probs, read, text, digits) {
  const { BLANK, _LEAST } = constants('decode.doubt');
  const { count, classes } = probs;
  const data = probs.data.slice();
  for (let t = 0; t < count; t++) for (const digit of digits) data[t * classes + digit] = 0;
  const length = [...text].length;
  for (const [first, last] of numberWords(text)) {
    const start = first ? read.spans[first][0] : 0;
    const end = last < length ? read.spans[last - 1][1] + 1 : count;
    data.fill(0, start * classes, end * classes);
    for (let t = start; t < end; t++) data[t * classes + BLANK] = 1;
    for (let character = first; character < last; character++) {
      const [a, b] = read.spans[character];
      for (let t = a; t <= b; t++) {
        data[t * classes + BLANK] = 0;
        data[t * classes + read.ids[character] + 1] = 1;
      }
    }
  }
  for (let t = 0; t < count; t++) {
    if (data.subarray(t * classes, (t + 1) * classes).every((one) => !one)) data[t * classes + BLANK] = _LEAST;
  }
  return { data, count, classes };
}

/**
 * First character of each word with a digit, with the space before it, and the one behind the space after it.
 *
 * @param {string} text
 * @returns {[number, number][]}
 */
function numberWords(text) {
  const length = [...text].length;
  /** @type {[number, number][]} */
  const found = [];
  let at = 0;
  for (const word of text.split(' ')) {
    const end = at + [...word].length;
    if (isNumber(word)) found.push([Math.max(at - 1, 0), Math.min(end + 1, length)]);
    at = end + 1;
  }
  return found;
}

/**
 * Whether a text has a digit.
 *
 * @param {string} text
 */
export function isNumber(text) {
  return /[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]/u.test(text);
}
