/**
 * Lines in letters as wide as they are high, of which a detector finds the words: `chuviet.reading.wide_set`.
 *
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('./joining.js').FoundLine} FoundLine
 * @typedef {{line: FoundLine, text: Prediction}} Read
 * @typedef {{place: number, height: number}} Size
 */

import { heightOf, sideLengths } from '../geometry.js';
import { constants } from '../settings.js';
import { around } from './joining.js';
import { joinWords } from './words.js';

/**
 * Lines with their texts, words that are set wide and stand behind each other in one line of both.
 *
 * @param {Read[]} lines
 * @returns {Read[]}
 */
export function joinWideSet(lines) {
  const { _WIDE } = constants('reading.wide_set');
  const sizes = lines.map(({ line, text }) => {
    const letters = [...text.text].length;
    const [place, height] = [sideLengths(line.quad)[0] / Math.max(letters, 1), heightOf(line.quad)];
    return { place, height, wide: letters > 1 && place >= _WIDE * height };
  });
  const wide = lines.map((_, i) => i).filter((i) => sizes[i].wide);
  const rows = new Map(lines.map((_, i) => [i, [i]]));
  for (const i of wide) {
    const row = [...rows.values()].find((numbers) => numbers[numbers.length - 1] === i);
    const after = next(i, wide, lines, sizes);
    const behind = rows.get(after);
    if (!row || !behind || behind === row) continue;
    row.push(...behind);
    rows.delete(after);
  }
  return [...rows.values()].map((numbers) => joined(numbers.map((i) => lines[i])));
}

/**
 * Of the texts that are set wide the one that goes on with text `i`, the nearest; -1 without one.
 *
 * @param {number} i
 * @param {number[]} wide
 * @param {Read[]} lines
 * @param {Size[]} sizes
 */
function next(i, wide, lines, sizes) {
  const { _GAP, _INTO, _ALIKE, _OFF } = constants('reading.wide_set');
  const quad = lines[i].line.quad;
  const long = [0, 1].map((k) => quad[1][k] + quad[2][k] - quad[0][k] - quad[3][k]);
  const length = Math.max(Math.hypot(...long), 1e-6);
  const along = long.map((value) => value / length);
  let [best, least] = [-1, Infinity];
  for (const j of wide) {
    const other = lines[j].line.quad;
    const away = [0, 1].map((k) => (other[0][k] + other[3][k] - quad[1][k] - quad[2][k]) / 2);
    const gap = away[0] * along[0] + away[1] * along[1];
    const off = Math.abs(along[0] * away[1] - along[1] * away[0]);
    const alike = [
      [sizes[i].place, sizes[j].place],
      [sizes[i].height, sizes[j].height],
    ].every((two) => Math.max(...two) <= _ALIKE * Math.min(...two));
    if (j === i || !alike || off > _OFF * sizes[i].height) continue;
    if (gap < -_INTO * sizes[i].height || gap > _GAP * Math.min(sizes[i].place, sizes[j].place)) continue;
    if (gap < least) [best, least] = [j, gap];
  }
  return best;
}

/**
 * Words of one line, in its direction, as the line and its text.
 *
 * @param {Read[]} words
 * @returns {Read}
 */
function joined(words) {
  if (words.length === 1) return words[0];
  const lines = words.map(({ line }) => line);
  const line = {
    ...lines[0],
    quad: around(lines.map(({ quad }) => quad)),
    score: lines.reduce((sum, { score }) => sum + score, 0) / lines.length,
    words: lines.flatMap(({ quad, words: own }) => own ?? [quad]),
  };
  return { line, text: joinWords(words.map(({ text }) => text)) };
}
