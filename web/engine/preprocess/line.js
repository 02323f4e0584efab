/**
 * From a photo of a line to ink on paper of one height: `chuviet.preprocess.line`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Levels} Levels
 * @typedef {{height: number, width: number | null, max_width: number, min_width: number, normalize: boolean,
 *   trim: boolean}} LineConfig
 */

import { boxBlur, countLevels, cut, dilate, gaussianBlur, toGrey } from '../image/filters.js';
import { argmax, roundEven, searchSorted } from '../image/numbers.js';
import { resizeArea, resizeLinear } from '../image/resize.js';
import { constants } from '../settings.js';
import { medianOf, percentileOf } from './levels.js';

/**
 * Paper 255 and ink dark, at the same width, and height but for margins that `trim` cuts away.
 *
 * @param {LineConfig} config
 * @param {Picture} image - red, green, blue
 * @returns {Picture}
 */
export function prepareLine(config, image) {
  if (Math.min(image.width, image.height) < 2) throw new Error('a line image must be 2 px or more');
  const grey = config.normalize ? separateInk(image) : toGrey(image);
  return config.trim ? trimRows(grey) : grey;
}

/**
 * A prepared line in the height that the network wants.
 *
 * @param {LineConfig} config
 * @param {Picture} grey
 * @returns {Picture}
 */
export function resizeLine(config, grey) {
  const { width, height } = grey;
  const limit = config.width || config.max_width;
  const wide = Math.min(Math.max(roundEven((width * config.height) / height), config.min_width), limit);
  const resize = config.height < height || wide < width ? resizeArea : resizeLinear;
  const out = resize(grey, wide, config.height);
  if (!config.width || wide === config.width) return out;
  const data = new Uint8Array(config.width * config.height).fill(255);
  for (let y = 0; y < config.height; y++) data.set(out.data.subarray(y * wide, (y + 1) * wide), y * config.width);
  return { data, width: config.width, height: config.height, channels: 1 };
}

/**
 * Ink 1 and paper 0, with as much paper on the right as `padded` wants.
 *
 * @param {Picture} line
 * @param {number} padded - columns
 * @returns {Float32Array} of 1 x 1 x height x `padded`
 */
export function inkOf(line, padded) {
  const values = new Float32Array(line.height * padded);
  for (let y = 0; y < line.height; y++) {
    for (let x = 0; x < line.width; x++) values[y * padded + x] = (255 - line.data[y * line.width + x]) / 255;
  }
  return values;
}

/**
 * Each pixel's distance from the paper's colour around it, stretched: 255 paper, 0 the darkest ink.
 *
 * @param {Picture} image - red, green, blue
 * @returns {Picture}
 */
export function separateInk(image) {
  const levels = Float64Array.from({ length: 256 }, (_, i) => i);
  const counts = countLevels(toGrey(image), 2);
  const [low, middle, high] = [1, 50, 99].map((percent) => percentileOf(counts, percent, levels));
  if (middle - low < 0.5 * (high - middle)) image = { ...image, data: image.data.map((v) => 255 - v) };
  const distance = distanceFromPaper(image);
  const f = Math.fround;
  const noise = percentileOf(countLevels(distance, 2), 50, Float32Array.from(levels));
  const ink = Float32Array.from(levels, (level) => Math.max(f(level - f(1.5 * noise)), 0));
  const strongest = Math.max(percentileOf(countLevels(distance), 99, ink), 24);
  const scale = f(255 / strongest);
  const table = Uint8Array.from(ink, (one) => Math.floor(f(255 - Math.min(f(one * scale), 255))));
  return { ...distance, data: distance.data.map((v) => table[v]) };
}

/**
 * How much darker each pixel is than the lightest paper nearby, in the channel where that is most.
 *
 * @param {Picture} image
 * @returns {Picture}
 */
function distanceFromPaper(image) {
  const { data, width, height } = image;
  const small = resizeArea(image, Math.max(width >> 2, 1), Math.max(height >> 2, 1));
  const paper = resizeLinear(boxBlur(dilate(small, 4), 4), width, height).data;
  const distance = new Uint8Array(width * height);
  for (let i = 0, k = 0; i < distance.length; i++, k += 3) {
    distance[i] = Math.max(paper[k] - data[k], paper[k + 1] - data[k + 1], paper[k + 2] - data[k + 2], 0);
  }
  return { data: distance, width, height, channels: 1 };
}

/**
 * The rows that hold the ink, and a little above and below; at least half of all rows.
 *
 * @param {Picture} grey
 * @returns {Picture}
 */
export function trimRows(grey) {
  const { width, height } = grey;
  const ink = new Float64Array(height);
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let i = y * width; i < (y + 1) * width; i++) sum += 255 - grey.data[i];
    ink[y] = sum;
  }
  if (!sum) return grey;
  const margin = roundEven(0.04 * height);
  const least = Math.ceil(height / 2);
  let top = Math.max(searchSorted(ink, 0.005 * sum) - margin, 0);
  let bottom = Math.min(searchSorted(ink, 0.995 * sum) + 1 + margin, height);
  if (bottom - top < least) {
    top = Math.min(Math.max(Math.floor((top + bottom - least) / 2), 0), height - least);
    bottom = top + least;
  }
  return cut(grey, 0, top, width, bottom);
}

/**
 * Whether a line's image holds no writing.
 *
 * @param {Picture} image - red, green, blue
 * @returns {boolean}
 */
export function isBlank(image) {
  const c = constants('preprocess.line');
  const green = { ...image, channels: 1, data: new Uint8Array(image.width * image.height) };
  for (let i = 0; i < green.data.length; i++) green.data[i] = image.data[3 * i + 1];
  let { contrast, spread } = contrastOf(strokes(green));
  if (contrast >= c._CLEAR_CONTRAST && contrast >= c._SPREADS_OF_CLEAR_INK * (spread + 0.3)) return false;
  const found = strokes(image);
  ({ contrast, spread } = contrastOf(found));
  if (contrast < c._LEAST_CONTRAST) return true;
  const wanted = contrast >= c._CLEAR_CONTRAST ? c._SPREADS_OF_INK : c._SPREADS_OF_FAINT_INK;
  if (contrast >= wanted * (spread + 0.3)) return false;
  if (spread < c._SPREAD_OF_INK) return true;
  const rows = Float64Array.from({ length: found.height }, (_, y) => meanOf(rowOf(found, y)));
  const even = found.width >= c._LONG && deviation(rows) < c._ROWS_OF_GRAIN * deviation(found.data);
  return even && spread < c._SPREAD_OF_GRAIN;
}

/**
 * The largest of differences, and their spread, were they noise.
 *
 * @param {Levels} found
 */
function contrastOf(found) {
  let values = found.data;
  if (found.width >= 4 * found.height) {
    values = Float32Array.from(values);
    for (let y = 0; y < found.height; y++) {
      const middle = medianOf(rowOf(found, y)); // a ruled line is the same along its row
      for (let i = y * found.width; i < (y + 1) * found.width; i++) values[i] -= middle;
    }
  }
  const middle = medianOf(values);
  let contrast = 0;
  for (const one of values) contrast = Math.max(contrast, Math.abs(one));
  return { contrast, spread: 1.4826 * medianOf(values.map((one) => Math.abs(one - middle))) };
}

/**
 * @param {Levels} found - of one channel
 * @param {number} y
 */
function rowOf(found, y) {
  return found.data.subarray(y * found.width, (y + 1) * found.width);
}

/**
 * Differences between a pixel's surroundings and the wider ones, at a height (or width) of 32 px; of three channels
 * that with most of them.
 *
 * @param {Picture} image
 * @returns {Levels}
 */
function strokes(image) {
  const scale = constants('preprocess.line')._BLANK_HEIGHT / Math.min(image.height, image.width);
  if (scale < 1) {
    const size = [image.width, image.height].map((side) => Math.max(roundEven(side * scale), 1));
    image = resizeArea(image, size[0], size[1]);
  }
  const levels = { ...image, data: Float32Array.from(image.data) };
  const near = gaussianBlur(levels, 3, 1);
  const wide = gaussianBlur(levels, 18, 6);
  const { channels } = image;
  const planes = Array.from({ length: channels }, () => new Float32Array(image.width * image.height));
  near.data.forEach((value, i) => (planes[i % channels][(i / channels) | 0] = value - wide.data[i]));
  const best = channels === 1 ? 0 : argmax(planes.map(deviation));
  return { ...image, channels: 1, data: planes[best] };
}

/** @param {Float32Array | Float64Array} values */
function meanOf(values) {
  let sum = 0;
  for (const one of values) sum += one;
  return sum / values.length;
}

/** @param {Float32Array | Float64Array} values */
function deviation(values) {
  const middle = meanOf(values);
  let sum = 0;
  for (const one of values) sum += (one - middle) ** 2;
  return Math.sqrt(sum / values.length);
}
