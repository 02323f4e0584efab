/**
 * Quads straightened, as `chuviet.geometry.crop` does it by OpenCV's `remap` (INTER_CUBIC, BORDER_REPLICATE).
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Quad} Quad
 */

import { roundEven } from './numbers.js';

const SHARP = -0.75; // the cubic's parameter

/**
 * What a quad holds, straightened.
 *
 * @param {Picture} image
 * @param {Quad} quad
 * @param {number} width - of the result
 * @param {number} height
 * @returns {Picture}
 */
export function straightened(image, quad, width, height) {
  const target = /** @type {Quad} */ ([
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ]);
  const source = quad.map(([x, y]) => /** @type {[number, number]} */ ([Math.fround(x), Math.fround(y)]));
  return warpCubic(image, perspective(target, source), width, height);
}

/**
 * @param {Picture} image
 * @param {number[]} m - 3 x 3: from pixels of the result to those of the image
 * @param {number} width
 * @param {number} height
 * @returns {Picture}
 */
export function warpCubic(image, m, width, height) {
  const { channels, data } = image;
  const out = new Uint8Array(width * height * channels);
  const [columns, rows] = [new Int32Array(4), new Int32Array(4)];
  const [across, down] = [new Float64Array(4), new Float64Array(4)];
  const stride = image.width * channels;
  let at = 0;
  for (let y = 0; y < height; y++) {
    const [rowX, rowY, rowW] = [m[1] * y + m[2], m[4] * y + m[5], m[7] * y + m[8]];
    for (let x = 0; x < width; x++) {
      const scale = m[6] * x + rowW;
      taken(columns, across, placeOf(m[0] * x + rowX, scale), image.width, channels);
      taken(rows, down, placeOf(m[3] * x + rowY, scale), image.height, stride);
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let j = 0; j < 4; j++) {
          const row = rows[j] + c;
          sum +=
            down[j] *
            (across[0] * data[row + columns[0]] +
              across[1] * data[row + columns[1]] +
              across[2] * data[row + columns[2]] +
              across[3] * data[row + columns[3]]);
        }
        out[at++] = Math.min(Math.max(roundEven(sum), 0), 255);
      }
    }
  }
  return { data: out, width, height, channels };
}

/**
 * A place in single precision; 0 where there is none.
 *
 * @param {number} value
 * @param {number} scale
 */
function placeOf(value, scale) {
  const place = Math.fround(value / scale);
  return Number.isFinite(place) ? place : 0;
}

/**
 * Where the four pixels around a place lie, and their weights.
 *
 * @param {Int32Array} offsets
 * @param {Float64Array} weights
 * @param {number} place
 * @param {number} count - of pixels; outside is what the last one has
 * @param {number} stride
 */
function taken(offsets, weights, place, count, stride) {
  const first = Math.floor(place);
  const x = place - first;
  const y = 1 - x;
  weights[0] = ((SHARP * (x + 1) - 5 * SHARP) * (x + 1) + 8 * SHARP) * (x + 1) - 4 * SHARP;
  weights[1] = ((SHARP + 2) * x - (SHARP + 3)) * x * x + 1;
  weights[2] = ((SHARP + 2) * y - (SHARP + 3)) * y * y + 1;
  weights[3] = 1 - weights[0] - weights[1] - weights[2];
  for (let k = 0; k < 4; k++) offsets[k] = Math.min(Math.max(first + k - 1, 0), count - 1) * stride;
}

/**
 * The matrix that takes four points to four others, as a row of nine.
 *
 * @param {Quad} from
 * @param {Quad} to
 * @returns {number[]}
 */
export function perspective(from, to) {
  const rows = [];
  for (const k of [0, 1]) {
    for (let i = 0; i < 4; i++) {
      const [x, y] = from[i];
      const value = to[i][k];
      const place = k ? [0, 0, 0, x, y, 1] : [x, y, 1, 0, 0, 0];
      rows.push([...place, -x * value, -y * value, value]);
    }
  }
  return [...solved(rows), 1];
}

/**
 * The solution of linear equations: rows of n coefficients and the value. Gauss's elimination.
 *
 * @param {number[][]} rows - are changed
 * @returns {number[]}
 */
export function solved(rows) {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let j = i + 1; j < n; j++) if (Math.abs(rows[j][i]) > Math.abs(rows[pivot][i])) pivot = j;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let j = i + 1; j < n; j++) {
      const factor = rows[i][i] ? rows[j][i] / rows[i][i] : 0;
      for (let k = i; k <= n; k++) rows[j][k] -= factor * rows[i][k];
    }
  }
  const found = new Array(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let value = rows[i][n];
    for (let k = i + 1; k < n; k++) value -= rows[i][k] * found[k];
    found[i] = rows[i][i] ? value / rows[i][i] : 0;
  }
  return found;
}
