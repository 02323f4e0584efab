/** Percentiles of grey levels by their counts, and medians: `chuviet.preprocess.levels`. */

import { searchSorted } from '../image/numbers.js';

/**
 * As numpy's percentile of pixels, of which `counts` have each of the levels that became `values`.
 *
 * @param {Float64Array} counts - 256
 * @param {number} percent
 * @param {Float32Array | Float64Array} values - 256, rising
 * @returns {number}
 */
export function percentileOf(counts, percent, values) {
  const exact = values instanceof Float64Array ? (/** @type {number} */ x) => x : Math.fround;
  const ends = new Float64Array(256);
  let sum = 0;
  for (let i = 0; i < 256; i++) ends[i] = sum += counts[i];
  const last = sum - 1;
  const place = last * (percent / 100);
  const first = Math.floor(place);
  const below = values[searchSorted(ends, first, true)];
  const above = values[searchSorted(ends, Math.min(first + 1, last), true)];
  const share = place - first;
  const step = exact(above - below);
  if (share < 0.5) return exact(below + exact(step * exact(share)));
  return exact(above - exact(step * exact(1 - share)));
}

/**
 * The median of floats.
 *
 * @param {Float32Array} values
 * @returns {number}
 */
export function medianOf(values) {
  const ordered = Float32Array.from(values).sort();
  const n = ordered.length;
  return Math.fround(Math.fround(ordered[(n - 1) >> 1] + ordered[n >> 1]) / 2);
}
