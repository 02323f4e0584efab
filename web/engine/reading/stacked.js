/**
 * Several lines of text in what was given as one: `chuviet.reading.stacked`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../native.js').Kernels} Kernels
 */

import { roundEven } from '../image/numbers.js';
import { resizeArea } from '../image/resize.js';
import { constants } from '../settings.js';

/**
 * @param {Kernels} kernels
 * @param {Picture} ink - 0 paper
 * @returns {boolean}
 */
export function isStacked(kernels, ink) {
  const c = constants('reading.stacked');
  if (ink.width < c._WIDE * ink.height) return false;
  const levels = { ...ink, data: Float32Array.from(ink.data, (v) => (v > c._FAINT - 1 ? v : 0)) };
  const wide = Math.max(roundEven((ink.width * c._HEIGHT) / ink.height), 1);
  const small = resizeArea(levels, wide, c._HEIGHT);
  const narrow = new Float32Array(c._HEIGHT * c._WIDTH);
  for (let y = 0; y < c._HEIGHT; y++) {
    for (let x = 0; x < c._WIDTH; x++) {
      narrow[y * c._WIDTH + x] = small.data[y * wide + Math.floor((x * (wide - 1)) / (c._WIDTH - 1))];
    }
  }
  const gap = kernels.gapBetweenLines(narrow, c._HEIGHT, c._WIDTH, c._FALLS, c._LEVELS, c._SHARE, c._ALIKE);
  return gap <= c._GAP;
}
