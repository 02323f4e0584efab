/**
 * Two rows of writing that touch and were found as one line: `chuviet.reading.halving`.
 *
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 * @typedef {import('./joining.js').FoundLine} FoundLine
 */

import { likelihood } from '../decode/confidence.js';
import { heightOf, sideLengths } from '../geometry.js';
import { median } from '../image/numbers.js';
import { constants } from '../settings.js';

/**
 * The lines of a page and what was read in them, those in halves that are two rows.
 *
 * @param {[FoundLine[], Prediction[]]} read
 * @param {(lines: FoundLine[]) => Promise<Prediction[]>} textsOf
 * @returns {Promise<[FoundLine[], Prediction[]]>}
 */
export async function halve([lines, texts], textsOf) {
  const high = highLines(lines);
  if (!high.length) return [lines, texts];
  const again = await textsOf(high.flatMap((i) => halvesOf(lines[i])));
  const { _READ, _LONG } = constants('reading.halving');
  const parts = lines.map((line, i) => {
    const at = high.indexOf(i);
    const pair = at < 0 ? [] : again.slice(2 * at, 2 * at + 2);
    const halved = at >= 0 && pair.every((text) => [...text.text].length >= _LONG && likelihood(text) >= _READ);
    return halved ? { lines: halvesOf(line), texts: pair } : { lines: [line], texts: [texts[i]] };
  });
  return [parts.flatMap((part) => part.lines), parts.flatMap((part) => part.texts)];
}

/**
 * The numbers of the lines that may be two rows: wide, and much higher than the page's lines are.
 *
 * @param {FoundLine[]} lines
 */
export function highLines(lines) {
  const { _HIGH, _WIDE } = constants('reading.halving');
  const heights = lines.map(({ quad }) => heightOf(quad));
  const least = lines.length ? _HIGH * median(heights) : 0;
  return heights.flatMap((height, i) =>
    height >= least && sideLengths(lines[i].quad)[0] >= _WIDE * height ? [i] : [],
  );
}

/**
 * The upper and the lower half of a line. Its words are those of both, so they have none.
 *
 * @param {FoundLine} line
 * @returns {FoundLine[]}
 */
export function halvesOf(line) {
  const [a, b, c, d] = line.quad;
  const middle = (/** @type {Point} */ p, /** @type {Point} */ q) =>
    /** @type {Point} */ ([(p[0] + q[0]) / 2, (p[1] + q[1]) / 2]);
  const [left, right] = [middle(a, d), middle(b, c)];
  return [
    { ...line, quad: [a, b, right, left], words: null },
    { ...line, quad: [left, right, c, d], words: null },
  ];
}
