/**
 * Pictures turned, as OpenCV's `warpAffine` does it with INTER_LINEAR and BORDER_REPLICATE.
 *
 * @typedef {import('../types.js').Picture} Picture
 */

import { roundEven } from './numbers.js';

/**
 * @param {Picture} image
 * @param {number[]} m - 2 x 3: from pixels of the result to those of the image
 * @param {number} width - of the result
 * @param {number} height
 * @returns {Picture}
 */
export function warpLinear(image, m, width, height) {
  const { channels, data } = image;
  const f = Math.fround;
  const n = m.map(f);
  const out = new Uint8Array(width * height * channels);
  const stride = image.width * channels;
  const lastX = image.width - 1;
  const lastY = image.height - 1;
  const inside = (/** @type {number} */ k, /** @type {number} */ last) => Math.min(Math.max(k, 0), last);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const [rowX, rowY] = [0, 3].map((k) => f(f(n[k + 1] * y) + n[k + 2]));
    for (let x = 0; x < width; x++) {
      const [placeX, placeY] = [f(n[0] * x + rowX), f(n[3] * x + rowY)];
      const [left, top] = [Math.floor(placeX), Math.floor(placeY)];
      const [across, down] = [f(placeX - left), f(placeY - top)];
      const [a, b] = [inside(left, lastX) * channels, inside(left + 1, lastX) * channels];
      const [upper, lower] = [inside(top, lastY) * stride, inside(top + 1, lastY) * stride];
      for (let c = 0; c < channels; c++) {
        const above = f(data[upper + a + c] + across * (data[upper + b + c] - data[upper + a + c]));
        const below = f(data[lower + a + c] + across * (data[lower + b + c] - data[lower + a + c]));
        out[at++] = roundEven(f(above + down * f(below - above)));
      }
    }
  }
  return { data: out, width, height, channels };
}
