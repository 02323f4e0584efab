/**
 * Words and pages in colour as networks want them: `chuviet.preprocess.scene`, `.page` and `.padding`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {{height: number, width: number | null, max_width: number, min_width: number, turn: number}} SceneConfig
 * @typedef {{longest: number, enlarge: number, multiple: number}} PageConfig
 */

import { quarterTurn } from '../image/filters.js';
import { roundEven } from '../image/numbers.js';
import { resizeArea, resizeLinear } from '../image/resize.js';

/**
 * A word's picture, upright and of the configured height.
 *
 * @param {SceneConfig} config
 * @param {Picture} image
 * @returns {Picture}
 */
export function prepareWord(config, image) {
  if (Math.min(image.width, image.height) < 2) throw new Error('a text crop must be 2 px or more');
  if (config.turn && image.height > config.turn * image.width) image = quarterTurn(image, true);
  const { width, height } = image;
  const limit = config.width || config.max_width;
  const out = Math.min(Math.max(roundEven((width * config.height) / height), config.min_width), limit);
  const resize = config.height < height || out < width ? resizeArea : resizeLinear;
  return resize(image, out, config.height);
}

/**
 * Height and width that a page gets, padding left out.
 *
 * @param {PageConfig} config
 * @param {number} height
 * @param {number} width
 */
export function pageSize(config, height, width) {
  const scale = Math.min(config.longest / Math.max(height, width), config.enlarge);
  return [Math.max(roundEven(height * scale), 1), Math.max(roundEven(width * scale), 1)];
}

/**
 * A page, scaled.
 *
 * @param {PageConfig} config
 * @param {Picture} image
 * @returns {Picture}
 */
export function preparePage(config, image) {
  const [height, width] = pageSize(config, image.height, image.width);
  if (height === image.height && width === image.width) return image;
  return (height < image.height ? resizeArea : resizeLinear)(image, width, height);
}

/**
 * Pixels in -1 .. 1, `middle` and what is added on the right and below being 0.
 *
 * @param {Picture} image - of three channels
 * @param {number} width - of the result
 * @param {number} height
 * @param {number} middle
 * @returns {Float32Array} 1 x 3 x `height` x `width`
 */
export function centred(image, width, height, middle) {
  const values = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < image.height; y++) {
      const to = (c * height + y) * width;
      let from = y * image.width * 3 + c;
      for (let x = 0; x < image.width; x++, from += 3) values[to + x] = (image.data[from] - middle) / 128;
    }
  }
  return values;
}
