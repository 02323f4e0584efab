/**
 * Pictures of another size, as OpenCV's `resize` makes them: INTER_AREA and INTER_LINEAR.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Levels} Levels
 * @typedef {{from: Int32Array, to: Int32Array, weights: Float32Array}} Shares
 *   Which source pixel adds how much to which pixel of the result.
 */

import { roundEven } from './numbers.js';

const SCALE = 2048; // weights of INTER_LINEAR are whole numbers of this part

/**
 * A picture or levels, smaller or larger, with INTER_AREA.
 *
 * @template {Picture | Levels} T
 * @param {T} image
 * @param {number} width
 * @param {number} height
 * @returns {T}
 */
export function resizeArea(image, width, height) {
  const [across, down] = [scaleOf(image.width, width), scaleOf(image.height, height)];
  if (across < 1 || down < 1) return resizeLinear(image, width, height, true);
  const [columnsEach, rowsEach] = [Math.round(across), Math.round(down)];
  const whole = Math.max(Math.abs(across - columnsEach), Math.abs(down - rowsEach)) < Number.EPSILON;
  if (whole) return averaged(image, columnsEach, rowsEach);
  const columns = areaShares(image.width, width, across);
  const rows = areaShares(image.height, height, down);
  const { channels, data } = image;
  const result = like(image, width, height);
  const line = new Float32Array(width * channels);
  const sum = new Float32Array(width * channels);
  const stride = image.width * channels;
  let row = rows.to[0];
  for (let k = 0; k < rows.to.length; k++) {
    addRow(line, data, rows.from[k] * stride, columns, channels);
    const weight = rows.weights[k];
    if (rows.to[k] !== row) {
      writeRow(result.data, row * sum.length, sum);
      row = rows.to[k];
      for (let i = 0; i < sum.length; i++) sum[i] = line[i] * weight;
    } else {
      for (let i = 0; i < sum.length; i++) sum[i] += Math.fround(line[i] * weight);
    }
  }
  writeRow(result.data, row * sum.length, sum);
  return result;
}

/**
 * How many pixels become one: as OpenCV computes it, which may be off a whole number by the last bit.
 *
 * @param {number} from
 * @param {number} to
 */
function scaleOf(from, to) {
  return 1 / (to / from);
}

/**
 * A picture or levels, smaller or larger, with INTER_LINEAR.
 *
 * @template {Picture | Levels} T
 * @param {T} image
 * @param {number} width
 * @param {number} height
 * @param {boolean} [asArea] - with the weights that INTER_AREA has where a side gets longer
 * @returns {T}
 */
export function resizeLinear(image, width, height, asArea = false) {
  if (!asArea && image.width === 2 * width && image.height === 2 * height) return resizeArea(image, width, height);
  const columns = linearShares(image.width, width, asArea);
  const rows = linearShares(image.height, height, asArea);
  const result = like(image, width, height);
  const whole = image.data instanceof Uint8Array;
  const kept = [-1, -1].map((row) => ({
    row,
    values: new (whole ? Int32Array : Float32Array)(width * image.channels),
  }));
  for (let y = 0; y < height; y++) {
    const lines = [0, 1].map((k) => {
      const row = Math.min(Math.max(rows.first[y] + k, 0), image.height - 1);
      let line = kept.find((one) => one.row === row);
      if (!line) {
        const other = Math.min(Math.max(rows.first[y] + 1 - k, 0), image.height - 1);
        line = kept[0].row === other ? kept[1] : kept[0];
        line.row = row;
        stretch(line.values, image, row, columns, whole);
      }
      return line.values;
    });
    const out = y * width * image.channels;
    const [a, b] = whole ? [rows.whole[2 * y], rows.whole[2 * y + 1]] : [rows.weights[2 * y], rows.weights[2 * y + 1]];
    const [one, two] = lines;
    for (let i = 0; i < one.length; i++) {
      result.data[out + i] = whole
        ? (((a * (one[i] >> 4)) >> 16) + ((b * (two[i] >> 4)) >> 16) + 2) >> 2
        : Math.fround(one[i] * a) + Math.fround(two[i] * b);
    }
  }
  return result;
}

/**
 * @template {Picture | Levels} T
 * @param {T} image
 * @param {number} width
 * @param {number} height
 * @returns {T}
 */
function like(image, width, height) {
  const kind = image.data instanceof Uint8Array ? Uint8ClampedArray : Float32Array;
  const data = new kind(width * height * image.channels);
  const plain = data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer) : data;
  return /** @type {T} */ ({ data: plain, width, height, channels: image.channels });
}

/**
 * The mean of blocks of whole pixels.
 *
 * @template {Picture | Levels} T
 * @param {T} image
 * @param {number} across
 * @param {number} down
 * @returns {T}
 */
function averaged(image, across, down) {
  const { channels, data } = image;
  const result = like(image, image.width / across, image.height / down);
  const stride = image.width * channels;
  const part = Math.fround(1 / (across * down));
  const whole = data instanceof Uint8Array;
  const quarter = whole && across === 2 && down === 2;
  let at = 0;
  for (let y = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let j = 0; j < down; j++) {
          const start = (y * down + j) * stride + x * across * channels + c;
          for (let i = 0; i < across; i++) {
            sum += data[start + i * channels];
            if (!whole) sum = Math.fround(sum);
          }
        }
        if (quarter) result.data[at++] = (sum + 2) >> 2;
        else result.data[at++] = whole ? roundEven(Math.fround(sum * part)) : sum * part;
      }
    }
  }
  return result;
}

/**
 * @param {number} from - pixels of the source
 * @param {number} to - pixels of the result
 * @param {number} scale - `from` / `to`
 * @returns {Shares}
 */
function areaShares(from, to, scale) {
  /** @type {[number, number, number][]} */
  const found = [];
  for (let x = 0; x < to; x++) {
    const start = x * scale;
    const end = start + scale;
    const size = Math.min(scale, from - start);
    const last = Math.min(Math.floor(end), from - 1);
    const first = Math.min(Math.ceil(start), last);
    if (first - start > 1e-3) found.push([first - 1, x, (first - start) / size]);
    for (let i = first; i < last; i++) found.push([i, x, 1 / size]);
    if (end - last > 1e-3) found.push([last, x, Math.min(Math.min(end - last, 1), size) / size]);
  }
  return {
    from: Int32Array.from(found, (one) => one[0]),
    to: Int32Array.from(found, (one) => one[1]),
    weights: Float32Array.from(found, (one) => one[2]),
  };
}

/**
 * @param {Float32Array} line - gets the sums of a row
 * @param {Uint8Array | Float32Array} data
 * @param {number} start
 * @param {Shares} columns
 * @param {number} channels
 */
function addRow(line, data, start, columns, channels) {
  line.fill(0);
  const { from, to, weights } = columns;
  for (let k = 0; k < from.length; k++) {
    const source = start + from[k] * channels;
    const target = to[k] * channels;
    const weight = weights[k];
    for (let c = 0; c < channels; c++) line[target + c] += Math.fround(data[source + c] * weight);
  }
}

/**
 * @param {Uint8Array | Float32Array} data
 * @param {number} start
 * @param {Float32Array} values
 */
function writeRow(data, start, values) {
  if (data instanceof Uint8Array) {
    for (let i = 0; i < values.length; i++) data[start + i] = Math.min(roundEven(values[i]), 255);
  } else data.set(values, start);
}

/**
 * The first of two source pixels for each pixel of the result, and the weights of both.
 *
 * @param {number} from
 * @param {number} to
 * @param {boolean} asArea
 */
function linearShares(from, to, asArea) {
  const inverse = to / from;
  const scale = scaleOf(from, to);
  const first = new Int32Array(to);
  const weights = new Float32Array(2 * to);
  for (let x = 0; x < to; x++) {
    let place = Math.floor(x * scale);
    let share = Math.fround(x + 1 - (place + 1) * inverse);
    if (asArea) share = share <= 0 ? 0 : Math.fround(share - Math.floor(share));
    else {
      const exact = Math.fround((x + 0.5) * scale - 0.5);
      place = Math.floor(exact);
      share = Math.fround(exact - place);
    }
    first[x] = place;
    weights[2 * x] = 1 - share;
    weights[2 * x + 1] = share;
  }
  return { first, weights, whole: Int32Array.from(weights, (one) => roundEven(one * SCALE)) };
}

/**
 * A row of the source, as wide as the result.
 *
 * @param {Int32Array | Float32Array} line
 * @param {Picture | Levels} image
 * @param {number} row
 * @param {{first: Int32Array, weights: Float32Array, whole: Int32Array}} columns
 * @param {boolean} whole
 */
function stretch(line, image, row, columns, whole) {
  const { channels, data, width } = image;
  const start = row * width * channels;
  const weights = whole ? columns.whole : columns.weights;
  const one = whole ? SCALE : 1;
  let at = 0;
  for (let x = 0; x < columns.first.length; x++) {
    const place = columns.first[x];
    const outside = place < 0 || place >= width - 1;
    const a = start + Math.min(Math.max(place, 0), width - 1) * channels;
    for (let c = 0; c < channels; c++) {
      line[at++] = outside
        ? data[a + c] * one
        : Math.fround(data[a + c] * weights[2 * x]) + Math.fround(data[a + channels + c] * weights[2 * x + 1]);
    }
  }
}
