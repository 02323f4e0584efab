/**
 * A character n-gram model from the arrays of a file: `chuviet.language.ngram` and `.levels`.
 *
 * @typedef {import('../native.js').Kernels} Kernels
 * @typedef {import('../native.js').LevelArrays} LevelArrays
 */

import { pairwiseSum } from '../image/numbers.js';
import { constants, settings } from '../settings.js';

export class NGram {
  /**
   * @param {Kernels} kernels
   * @param {Record<string, any>} arrays
   */
  constructor(kernels, arrays) {
    const order = Object.keys(arrays).filter((name) => name.startsWith('contexts.')).length;
    const { MODULUS } = constants('language.levels');
    this.kernels = kernels;
    this.characters = String.fromCodePoint(...arrays.characters);
    const all = [...this.characters];
    this.ids = new Map(all.map((c, i) => [c, i]));
    this.order = order;
    const codes = Float32Array.from(settings().codes);
    const decoded = (/** @type {Uint8Array} */ of) => {
      const values = new Float32Array(of.length);
      for (let i = 0; i < of.length; i++) values[i] = codes[of[i]];
      return values;
    };
    let start = 0;
    const levels = [];
    for (let k = 1; k <= order; k++) {
      const probs = decoded(arrays[`probs.${k}`]);
      const sizes = arrays[`sizes.${k}`] ?? unpackSizes(arrays[`ends.${k}`], probs.length);
      const contexts = unpackKeys(arrays[`contexts.${k}`], sizes.length, MODULUS);
      levels.push(levelOf(contexts, sizes, probs, decoded(arrays[`backoff.${k}`]), start));
      start += probs.length;
    }
    const each = levels.map((_, k) => k + 1);
    const followers = joined(
      Uint16Array,
      each.map((k) => arrays[`characters.${k}`]),
    );
    this.table = kernels.table({
      levels,
      characters: followers,
      probs: joined(
        Float32Array,
        each.map((k) => decoded(arrays[`probs.${k}`])),
      ),
      bits: (all.length + 1).toString(2).length,
      end: all.length,
      dense: Math.min(order, constants('language.ngram')._DENSE + 1),
      modulus: MODULUS,
    });
  }

  /** @param {string} text */
  knows(text) {
    return [...text].every((c) => this.ids.has(c));
  }

  /**
   * Natural log probability of the line `text` and its end, once `behind` is written.
   *
   * @param {string} text
   * @param {string} behind
   * @param {number} least - where it is less, what it is so far is given
   */
  score(text, behind, least) {
    const idOf = (/** @type {string} */ c) => /** @type {number} */ (this.ids.get(c));
    const before = [...behind].slice(-this.order).map(idOf);
    return this.kernels.score(this.table, [...before, ...[...text].map(idOf)], before.length, least);
  }
}

/**
 * @param {Float64Array} contexts
 * @param {ArrayLike<number>} sizes
 * @param {Float32Array} probs
 * @param {Float32Array} backoff
 * @param {number} start - where the followers begin among those of all levels
 * @returns {LevelArrays}
 */
function levelOf(contexts, sizes, probs, backoff, start) {
  const count = contexts.length;
  const offsets = new Int32Array(count + 1).fill(start);
  const sums = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    offsets[i + 1] = offsets[i] + sizes[i];
    const first = offsets[i] - start; // as numpy's reduceat adds: the first and the sum of the others
    sums[i] = probs[first] + pairwiseSum(probs, first + 1, offsets[i + 1] - start);
  }
  const size = (3 * count) | 1;
  return { size, slots: slotsOf(contexts, size), contexts, offsets, sums, backoff };
}

/**
 * The hash table: each context in its slot, or in the next that was free; -1 in free ones.
 *
 * @param {Float64Array} contexts
 * @param {number} size
 * @returns {Int32Array}
 */
function slotsOf(contexts, size) {
  const wanted = new Int32Array(contexts.length);
  for (let i = 0; i < wanted.length; i++) wanted[i] = contexts[i] % size;
  const starts = new Int32Array(size + 1);
  for (const slot of wanted) starts[slot + 1]++;
  for (let i = 0; i < size; i++) starts[i + 1] += starts[i];
  const order = new Int32Array(contexts.length);
  wanted.forEach((slot, i) => (order[starts[slot]++] = i));
  const places = new Int32Array(contexts.length);
  let place = -1;
  order.forEach((i, k) => (places[k] = place = Math.max(wanted[i], place + 1)));
  const slots = new Int32Array(Math.max(size, place + 1) + 1).fill(-1);
  order.forEach((i, k) => (slots[places[k]] = i));
  return slots;
}

/**
 * How many followers each context has, of bits that are set at each context's last.
 *
 * @param {Uint8Array} data
 * @param {number} followers
 * @returns {number[]}
 */
function unpackSizes(data, followers) {
  const sizes = [];
  let size = 0;
  for (let i = 0; i < followers; i++) {
    size++;
    if (data[i >> 3] & (128 >> (i & 7))) {
      sizes.push(size);
      size = 0;
    }
  }
  return sizes;
}

/**
 * The ascending keys that are packed in the way of Elias and Fano.
 *
 * @param {Uint8Array} data
 * @param {number} count
 * @param {number} modulus
 * @returns {Float64Array}
 */
export function unpackKeys(data, count, modulus) {
  const lowBits = Math.max(Math.floor(modulus / Math.max(count, 1)), 1).toString(2).length - 1;
  const split = Math.ceil((count * lowBits) / 8);
  const keys = new Float64Array(count);
  const step = 2 ** lowBits;
  let found = 0;
  for (let at = split; at < data.length; at++) {
    for (let k = 0; k < 8 && data[at]; k++) {
      if (!((data[at] >> (7 - k)) & 1)) continue;
      if (found < count) keys[found] = ((at - split) * 8 + k - found) * step;
      found++;
    }
  }
  if (found !== count) throw new Error('the language model is damaged');
  for (let i = 0, at = 0; i < count; i++) {
    let low = 0;
    for (let k = 0, part = 1; k < lowBits; k++, at++, part *= 2) {
      if ((data[at >> 3] >> (7 - (at & 7))) & 1) low += part;
    }
    keys[i] += low;
  }
  return keys;
}

/**
 * @template {Uint16Array | Float32Array} T
 * @param {new (length: number) => T} kind
 * @param {ArrayLike<number>[]} parts
 * @returns {T}
 */
function joined(kind, parts) {
  const whole = new kind(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
