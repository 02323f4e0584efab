/**
 * What of a line's image a reader gets: without wide margins, and cut at blanks where the line is very long:
 * `chuviet.reading.pieces`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Frames} Frames
 * @typedef {{left: number, right: number, space: boolean}} Piece
 * @typedef {{images: Picture[], places: Piece[], width: number, ink: Picture | null}} Pieces
 */

import { distanceTransform } from '../image/distance.js';
import { cut } from '../image/filters.js';
import { roundEven, searchSorted } from '../image/numbers.js';
import { resizeArea } from '../image/resize.js';
import { prepareWord } from '../preprocess/colour.js';
import { prepareLine, resizeLine, separateInk } from '../preprocess/line.js';
import { constants } from '../settings.js';

/**
 * A line's image as the reader's preprocessing makes it.
 *
 * @param {any} config
 * @param {Picture} image
 * @returns {Pieces}
 */
export function preparePieces(config, image) {
  if (config.type === 'scene_image') {
    const word = prepareWord(config, image);
    return { images: [word], places: [{ left: 0, right: word.width, space: false }], width: word.width, ink: null };
  }
  let ready = prepareLine(config, image);
  if (config.trim && isLow(ready)) {
    const [top, bottom] = rowsOf(image);
    ready = prepareLine(config, cut(image, 0, top, image.width, bottom));
  }
  const ink = { ...ready, data: ready.data.map((v) => 255 - v) };
  const places = piecesOf(ink);
  const images = places.map((place) => resizeLine(config, cut(ready, place.left, 0, place.right, ready.height)));
  return { images, places, width: ready.width, ink };
}

/**
 * First row of a line's image and the one behind the last, without wide margins above and below its ink.
 *
 * @param {Picture} image
 * @returns {[number, number]}
 */
export function rowsOf(image) {
  const c = constants('reading.pieces');
  const whole = image.height;
  const scale = Math.min(1, c._SMALL / whole);
  if (scale < 1) image = resizeArea(image, Math.max(roundEven(image.width * scale), 2), c._SMALL);
  const { width, height } = image;
  const ink = separateInk(image).data.map((v) => (255 - v > c._INK ? 1 : 0));
  const mass = new Float64Array(height);
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let i = y * width; i < (y + 1) * width; i++) sum += ink[i];
    mass[y] = sum;
  }
  if (!sum) return [0, whole];
  const top = searchSorted(mass, 0.002 * sum);
  const bottom = searchSorted(mass, 0.998 * sum);
  const high = bottom + 1 - top;
  const distances = distanceTransform(ink, width, height)
    .filter((_, i) => ink[i] > 0)
    .sort();
  const place = 0.9 * (distances.length - 1);
  const [below, above] = [Math.floor(place), Math.ceil(place)].map((i) => distances[i]);
  const stroke = 2 * (below + (above - below) * (place - Math.floor(place)));
  if (high > c._LOW * height || high < c._STROKES * stroke) return [0, whole];
  const first = Math.max(Math.trunc((top - c._ABOVE * high) / scale), 0);
  return [first, Math.min(Math.ceil((bottom + 1 + c._ABOVE * high) / scale), whole)];
}

/**
 * Where a line is cut, given its ink.
 *
 * @param {Picture} ink - 0 paper
 * @returns {Piece[]}
 */
export function piecesOf(ink) {
  const c = constants('reading.pieces');
  const { width, height } = ink;
  const profile = profileOf(ink, c._INK);
  /** @type {number[]} */
  const inked = [];
  for (let x = 0; x < width; x++) if (profile[x] > c._TRACE) inked.push(x);
  if (!inked.length) return [{ left: 0, right: width, space: false }];
  const around = blurred(profile, Math.max(roundEven(c._BLANK * height), 3));
  const isGap = (/** @type {number} */ x) => x > 0 && around[x] <= c._TRACE;
  const pieces = [];
  let start = 0;
  while (width - start > c._LONGEST * height) {
    const first = start + roundEven(c._SHORTEST * height);
    const last = Math.min(start + roundEven(c._LONGEST * height), width);
    let least = Infinity;
    for (let x = first; x < last; x++) least = Math.min(least, around[x]);
    let end = last - 1;
    while (around[end] > least + c._TRACE / 4) end--;
    pieces.push({ left: start, right: end, space: isGap(start) });
    start = end;
  }
  pieces.push({ left: start, right: width, space: isGap(start) });
  const shaved = pieces.map((piece) => shave(piece, inked, height));
  return /** @type {Piece[]} */ (shaved.filter((piece) => piece !== null));
}

/**
 * The share of each column that is ink, less what all have.
 *
 * @param {Picture} ink
 * @param {number} least
 */
function profileOf(ink, least) {
  const { width, height } = ink;
  const profile = new Float64Array(width);
  for (let i = 0; i < ink.data.length; i++) if (ink.data[i] > least) profile[i % width] += ink.data[i];
  let lowest = Infinity;
  for (let x = 0; x < width; x++) {
    profile[x] /= 255 * height;
    lowest = Math.min(lowest, profile[x]);
  }
  return profile.map((one) => one - lowest);
}

/**
 * The mean of `size` columns around each, 0 beyond the ends.
 *
 * @param {Float64Array} profile
 * @param {number} size
 */
function blurred(profile, size) {
  const before = size >> 1;
  return profile.map((_, x) => {
    let sum = 0;
    for (let k = Math.max(x - before, 0); k < Math.min(x - before + size, profile.length); k++) sum += profile[k];
    return sum / size;
  });
}

/** @param {Picture} grey */
function isLow(grey) {
  const c = constants('reading.pieces');
  const { width, height } = grey;
  let first = -1;
  let last = -1;
  for (let y = 0; y < height; y++) {
    for (let i = y * width; i < (y + 1) * width; i++) {
      if (grey.data[i] < 255 - c._INK) {
        if (first < 0) first = y;
        last = y;
        break;
      }
    }
  }
  return first >= 0 && last + 1 - first <= c._FEW * height;
}

/**
 * A piece without wide margins; null if it has no ink.
 *
 * @param {Piece} piece
 * @param {number[]} inked - columns
 * @param {number} height
 * @returns {Piece | null}
 */
function shave(piece, inked, height) {
  const c = constants('reading.pieces');
  const inside = inked.filter((x) => x >= piece.left && x < piece.right);
  if (!inside.length) return null;
  const kept = roundEven(c._KEPT * height);
  const last = inside[inside.length - 1];
  const left = inside[0] - piece.left > c._MARGIN * height ? inside[0] - kept : piece.left;
  const right = piece.right - 1 - last > c._MARGIN * height ? last + 1 + kept : piece.right;
  return { left, right, space: piece.space };
}

/**
 * The pieces' frames as those of the whole line: blank ones for what was cut away, and a sure space where there was one.
 *
 * @param {Frames[]} parts
 * @param {Pieces} pieces
 * @param {number} space - its class, 0: the reader knows none
 * @returns {Frames}
 */
export function joinFrames(parts, pieces, space) {
  const { places, width } = pieces;
  if (places.length === 1 && places[0].left === 0 && places[0].right === width && !places[0].space) return parts[0];
  const { _NEVER, BLANK } = constants('reading.pieces');
  const classes = parts[0].classes;
  const frames = parts.reduce((sum, part) => sum + part.count, 0);
  const rate = frames / places.reduce((sum, place) => sum + place.right - place.left, 0);
  /** @type {Float32Array[]} */
  const whole = [];
  const addBlank = (/** @type {number} */ count, /** @type {boolean} */ hasSpace) => {
    const between = new Float32Array(count * classes).fill(_NEVER);
    for (let t = 0; t < count; t++) between[t * classes + BLANK] = 0;
    if (hasSpace) {
      const middle = Math.floor(count / 2) * classes;
      between[middle + BLANK] = _NEVER;
      between[middle + space] = 0;
    }
    whole.push(between);
  };
  let at = 0;
  places.forEach((place, i) => {
    const hasSpace = place.space && i > 0 && space > 0;
    addBlank(Math.max(roundEven((place.left - at) * rate), hasSpace ? 1 : 0), hasSpace);
    whole.push(parts[i].data);
    at = place.right;
  });
  addBlank(roundEven((width - at) * rate), false);
  const data = new Float32Array(whole.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of whole) {
    data.set(part, start);
    start += part.length;
  }
  return { data, count: data.length / classes, classes };
}
