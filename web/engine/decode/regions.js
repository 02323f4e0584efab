/**
 * Quads from the maps of a detector of lines and words: `chuviet.decode.db`.
 *
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('../types.js').Quad} Quad
 * @typedef {import('../image/rectangle.js').Rectangle} Rectangle
 * @typedef {{quads: Quad[], scores: number[]}} Found
 * @typedef {{threshold: number, box_threshold: number, unclip: number, shrink: number, smallest: number, limit: number}}
 *   RegionConfig
 * @typedef {{width: number, height: number}} Size
 */

import { clipped, orderQuad, rolled, sideLengths, widened } from '../geometry.js';
import { filled, findOutlines, sizeOf } from '../image/outline.js';
import { boxPoints, minAreaRect } from '../image/rectangle.js';
import { constants } from '../settings.js';

/**
 * Lines and words, in pixels of the original image.
 *
 * @param {{lines: RegionConfig, words: RegionConfig, margin: [number, number]}} config
 * @param {Float32Array} logits - of 1 x 2 x rows x `columns`
 * @param {number} rows
 * @param {number} columns
 * @param {Size} content - the part of a map that is image
 * @param {Size} original
 * @returns {{lines: Found, words: Found}}
 */
export function decodeMaps(config, logits, rows, columns, content, original) {
  const [lines, words] = [config.lines, config.words].map((one, k) => {
    const map = probabilities(logits.subarray(k * rows * columns), columns, content);
    const { quads, scores } = regions(one, map, content);
    const [across, down] = [original.width / content.width, original.height / content.height];
    const scaled = quads.map((quad) => quad.map(([x, y]) => /** @type {Point} */ ([x * across, y * down])));
    return { quads: scaled.map((quad) => clipped(quad, original.width, original.height)), scores };
  });
  const [ends, above] = config.margin;
  if (ends || above) lines.quads = lines.quads.map((quad) => grown(quad, ends, above, original));
  return { lines, words };
}

/**
 * A line with its margin; a column of letters is longer from its top to its bottom.
 *
 * @param {Quad} quad
 * @param {number} ends
 * @param {number} above
 * @param {Size} size
 * @returns {Quad}
 */
function grown(quad, ends, above, size) {
  const { _MOST_OF_WIDTH } = constants('decode.db');
  const sides = sideLengths(quad);
  const upright = sides[1] > 2 * sides[0];
  const wide = widened(upright ? rolled(quad, -1) : quad, ends, above, _MOST_OF_WIDTH);
  return clipped(upright ? rolled(wide, 1) : wide, size.width, size.height);
}

/**
 * @param {Float32Array} logits
 * @param {number} columns
 * @param {Size} content
 * @returns {Float32Array}
 */
function probabilities(logits, columns, { width, height }) {
  const map = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) map[y * width + x] = 1 / (1 + Math.exp(-logits[y * columns + x]));
  }
  return map;
}

/**
 * The regions of a map of probabilities, each as a rectangle grown back.
 *
 * @param {RegionConfig} config
 * @param {Float32Array} map
 * @param {Size} size
 * @returns {Found}
 */
export function regions(config, map, { width, height }) {
  const binary = new Uint8Array(map.length);
  for (let i = 0; i < map.length; i++) binary[i] = map[i] > config.threshold ? 1 : 0;
  const outlines = findOutlines(binary, width, height).map((points) => ({ points, size: sizeOf(points) }));
  outlines.sort((a, b) => b.size - a.size);
  /** @type {Found} */
  const found = { quads: [], scores: [] };
  for (const { points } of outlines.slice(0, config.limit)) {
    const region = filled(points);
    const score = meanInside(map, width, region);
    if (score < config.box_threshold) continue;
    const rectangle = (config.unclip ? around : bySpread)(region, points);
    const more = 2 * offset(config, rectangle.width, rectangle.height); // both sides move
    if (Math.min(rectangle.width, rectangle.height) + more < config.smallest) continue;
    const grown = { ...rectangle, width: rectangle.width + more, height: rectangle.height + more };
    found.quads.push(orderQuad(boxPoints(grown)));
    found.scores.push(score);
  }
  return found;
}

/**
 * @param {Float32Array} map
 * @param {number} stride
 * @param {ReturnType<typeof filled>} region
 */
function meanInside(map, stride, { mask, width, height, left, top }) {
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!mask[y * width + x]) continue;
      sum += map[(top + y) * stride + left + x];
      count++;
    }
  }
  return Math.fround(sum / count);
}

/**
 * Pixels that the sides of a rectangle move outwards.
 *
 * @param {RegionConfig} config
 * @param {number} w
 * @param {number} h
 */
function offset(config, w, h) {
  if (config.unclip) return (config.unclip * w * h) / Math.max(2 * (w + h), 1);
  const k = 1 - config.shrink ** 2;
  const [a, b, c] = [8 - 4 * k, 2 * (1 - k) * (w + h), -k * w * h];
  return (Math.sqrt(b * b - 4 * a * c) - b) / (2 * a);
}

/**
 * The rectangle that has the area, the middle and the proportions of a region's pixels.
 *
 * @param {ReturnType<typeof filled>} region
 * @param {Point[]} points - of its outline
 * @returns {Rectangle}
 */
function bySpread({ mask, width, left, top }, points) {
  let [area, sumX, sumY] = [0, 0, 0];
  mask.forEach((inside, i) => {
    if (!inside) return;
    area++;
    sumX += i % width;
    sumY += Math.floor(i / width);
  });
  const [middleX, middleY] = [sumX / area, sumY / area];
  let [xx, xy, yy] = [0, 0, 0];
  mask.forEach((inside, i) => {
    if (!inside) return;
    const [x, y] = [(i % width) - middleX, Math.floor(i / width) - middleY];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  });
  const spread = [(xx * 12) / area + 1, (xy * 12) / area, (yy * 12) / area + 1];
  let angle = 0.5 * Math.atan2(2 * spread[1], spread[0] - spread[2]);
  let [w, h] = sides(spread, angle);
  if (w < constants('decode.db')._LONG * h) {
    angle = minAreaRect(points).angle; // moments of a square have no direction
    [w, h] = sides(spread, angle);
  }
  const scale = Math.sqrt(area / (w * h));
  const centre = /** @type {Point} */ ([middleX + left, middleY + top].map(Math.fround));
  return { centre, width: w * scale, height: h * scale, angle };
}

/**
 * The rectangle around a region's outermost pixels.
 *
 * @param {ReturnType<typeof filled>} region
 * @param {Point[]} points
 * @returns {Rectangle}
 */
function around({ mask }, points) {
  const { centre, width: w, height: h, angle } = minAreaRect(points);
  const half = 0.5 * (w + h);
  const pixels = mask.reduce((sum, one) => sum + one, 0);
  const edge = Math.min(Math.max(Math.sqrt(Math.max(half * half - w * h + pixels, 0)) - half, 0), 1);
  return { centre, width: w + edge, height: h + edge, angle };
}

/**
 * Width along an angle and height across it of a rectangle whose squares of sides are `spread`.
 *
 * @param {number[]} spread - xx, xy, yy
 * @param {number} angle
 * @returns {[number, number]}
 */
function sides([xx, xy, yy], angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [mean, half] = [0.5 * (xx + yy), 0.5 * (xx - yy)];
  const part = half * (c * c - s * s) + 2 * xy * c * s;
  return [Math.sqrt(Math.max(mean + part, 1)), Math.sqrt(Math.max(mean - part, 1))];
}
