/**
 * Grey levels, their counts, and what looks at a pixel's surroundings: as OpenCV's functions of these names do it.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Levels} Levels
 */

/**
 * @param {Picture} image - of three channels
 * @returns {Picture}
 */
export function toGrey(image) {
  const { data, width, height } = image;
  const grey = new Uint8Array(width * height);
  for (let i = 0, k = 0; i < grey.length; i++, k += 3) {
    grey[i] = (9798 * data[k] + 19235 * data[k + 1] + 3735 * data[k + 2] + 16384) >> 15;
  }
  return { data: grey, width, height, channels: 1 };
}

/**
 * How many pixels have each level.
 *
 * @param {Picture} image - of one channel
 * @param {number} [step] - of rows and columns, only every such one is counted
 * @returns {Float64Array} 256
 */
export function countLevels(image, step = 1) {
  const counts = new Float64Array(256);
  for (let y = 0; y < image.height; y += step) {
    const end = (y + 1) * image.width;
    for (let i = y * image.width; i < end; i += step) counts[image.data[i]]++;
  }
  return counts;
}

/**
 * The largest value of the square of (2 reach + 1) pixels around each.
 *
 * @param {Picture} image
 * @param {number} reach
 * @returns {Picture}
 */
export function dilate(image, reach) {
  const { width, height, channels } = image;
  const stride = width * channels;
  const across = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < stride; i++) {
      const c = i % channels;
      const start = Math.max(i - reach * channels, c);
      const end = Math.min(i + reach * channels, stride - channels + c);
      let most = 0;
      for (let k = start; k <= end; k += channels) most = Math.max(most, image.data[y * stride + k]);
      across[y * stride + i] = most;
    }
  }
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    const start = Math.max(y - reach, 0);
    const end = Math.min(y + reach, height - 1);
    for (let row = start; row <= end; row++) {
      for (let i = 0; i < stride; i++) {
        if (across[row * stride + i] > data[y * stride + i]) data[y * stride + i] = across[row * stride + i];
      }
    }
  }
  return { data, width, height, channels };
}

/**
 * The mean of the square of (2 reach + 1) pixels around each; outside is what the border has.
 *
 * @param {Picture} image
 * @param {number} reach
 * @returns {Picture}
 */
export function boxBlur(image, reach) {
  const { width, height, channels } = image;
  const stride = width * channels;
  const sums = new Float64Array(image.data.length);
  const inside = (/** @type {number} */ k, /** @type {number} */ n) => Math.min(Math.max(k, 0), n - 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let d = -reach; d <= reach; d++) {
        const from = y * stride + inside(x + d, width) * channels;
        for (let c = 0; c < channels; c++) sums[y * stride + x * channels + c] += image.data[from + c];
      }
    }
  }
  const data = new Uint8Array(image.data.length);
  const area = (2 * reach + 1) ** 2;
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (let d = -reach; d <= reach; d++) sum += sums[inside(y + d, height) * stride + i];
      data[y * stride + i] = Math.round(sum / area);
    }
  }
  return { data, width, height, channels };
}

/**
 * Levels blurred by a Gaussian; outside is what the border has.
 *
 * @param {Levels} image
 * @param {number} reach
 * @param {number} sigma
 * @returns {Levels}
 */
export function gaussianBlur(image, reach, sigma) {
  const { width, height, channels } = image;
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const total = kernel.reduce((a, b) => a + b);
  const weights = Float32Array.from(kernel, (one) => one / total);
  const stride = width * channels;
  const across = new Float32Array(image.data.length);
  const padded = new Float32Array(stride + 2 * reach * channels);
  for (let y = 0; y < height; y++) {
    const row = image.data.subarray(y * stride, (y + 1) * stride);
    padded.set(row, reach * channels);
    for (let i = 0; i < reach * channels; i++) {
      padded[i] = row[i % channels];
      padded[stride + reach * channels + i] = row[stride - channels + (i % channels)];
    }
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (let k = 0, from = i; k < weights.length; k++, from += channels) sum += weights[k] * padded[from];
      across[y * stride + i] = sum;
    }
  }
  const data = new Float32Array(image.data.length);
  const sums = new Float64Array(stride);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = 0; k < weights.length; k++) {
      const from = Math.min(Math.max(y + k - reach, 0), height - 1) * stride;
      const weight = weights[k];
      for (let i = 0; i < stride; i++) sums[i] += weight * across[from + i];
    }
    data.set(sums, y * stride);
  }
  return { data, width, height, channels };
}

/**
 * Turned by 90 degrees, counterclockwise as `numpy.rot90` does it, or clockwise.
 *
 * @param {Picture} image
 * @param {boolean} [clockwise]
 * @returns {Picture}
 */
export function quarterTurn(image, clockwise = false) {
  const { width, height, channels } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < height; x++) {
      const from = clockwise ? ((height - 1 - x) * width + y) * channels : (x * width + width - 1 - y) * channels;
      const to = (y * height + x) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = image.data[from + c];
    }
  }
  return { data, width: height, height: width, channels };
}

/**
 * The part from `left`, `top` to before `right`, `bottom`.
 *
 * @param {Picture} image
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 * @returns {Picture}
 */
export function cut(image, left, top, right, bottom) {
  const { channels } = image;
  const width = right - left;
  const height = bottom - top;
  if (left === 0 && right === image.width) {
    const stride = image.width * channels;
    return { data: image.data.subarray(top * stride, bottom * stride), width, height, channels };
  }
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(start, start + width * channels), y * width * channels);
  }
  return { data, width, height, channels };
}
