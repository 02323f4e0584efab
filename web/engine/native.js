/**
 * The kernels of `chuviet.native`, compiled to WebAssembly: beam search, n-gram look-ups, alignments, edit distances.
 * What each does is said in src/chuviet/native/native.h; structures are laid out as there, with pointers of four bytes.
 *
 * @typedef {import('./types.js').Frames} Frames
 * @typedef {{
 *   size: number, slots: Int32Array, contexts: Float64Array, offsets: Int32Array, sums: Float32Array,
 *   backoff: Float32Array,
 * }} LevelArrays
 * @typedef {{
 *   levels: LevelArrays[], characters: Uint16Array, probs: Float32Array, bits: number, end: number, dense: number,
 *   modulus: number,
 * }} TableArrays
 * @typedef {{ids: number[], worth: number, bonus: number, logLikelihood: number}} Found
 */

const OK = 0;
const NO_PATH = 4;
const LEVEL_BYTES = 48;

export class Kernels {
  /** @param {any} exported - of the module */
  constructor(exported) {
    this.exported = exported;
  }

  /**
   * @param {BufferSource} bytes - native.wasm
   * @returns {Promise<Kernels>}
   */
  static async open(bytes) {
    const made = await WebAssembly.instantiate(bytes, { env: { log: Math.log, exp: Math.exp } });
    return new Kernels(made.instance.exports);
  }

  /**
   * Copies an n-gram model to the kernels' memory, for good.
   *
   * @param {TableArrays} model
   * @returns {number} where it is
   */
  table(model) {
    const { levels, end, modulus } = model;
    const terms = termsOf(levels.length, model.bits, end, modulus);
    const pointers = [terms, model.characters, model.probs].map((one) => this.copied(one));
    const arrays = levels.map((level) => {
      const keys = wide(level.contexts);
      return [keys, level.offsets, level.backoff, level.sums, level.slots].map((one) => this.copied(one));
    });
    const place = this.taken(LEVEL_BYTES * levels.length);
    levels.forEach((level, k) => {
      const at = place + LEVEL_BYTES * k;
      this.writeLong(at, level.contexts.length);
      this.writeLong(at + 8, level.size);
      this.writeLong(at + 16, level.slots.length);
      arrays[k].forEach((pointer, i) => this.writeInt(at + 24 + 4 * i, pointer));
    });
    const table = this.taken(48);
    [levels.length, model.dense, end].forEach((one, i) => this.writeInt(table + 4 * i, one));
    this.writeLong(table + 16, model.probs.length);
    this.writeLong(table + 24, modulus);
    [...pointers, place].forEach((one, i) => this.writeInt(table + 32 + 4 * i, one));
    return table;
  }

  /**
   * The texts that the beam search ends with, in no order.
   *
   * @param {Frames} frames - probabilities
   * @param {Int32Array} likely - of all frames the classes that may be new characters
   * @param {number[]} ends - where those of each frame begin, and the end of the last
   * @param {number} table - 0 without a language model
   * @param {{width: number, ratio: number, alpha: number, most: number}} options
   * @returns {Found[]}
   */
  search(frames, likely, ends, table, options) {
    return this.within(() => {
      const place = this.taken(32);
      this.writeLong(place, options.width);
      [options.ratio, options.alpha, options.most].forEach((one, i) =>
        this.view().setFloat64(place + 8 + 8 * i, one, true),
      );
      const result = this.taken(32);
      const given = [this.framesAt(frames), this.copied(likely), this.copied(wide(ends))];
      this.succeed(this.exported.chuviet_search(...given, place, table, result));
      const view = this.view();
      const count = this.readLong(result);
      const [numbers, lengths, ids] = [16, 20, 24].map((at) => view.getUint32(result + at, true));
      const found = [];
      let at = ids;
      for (let i = 0; i < count; i++) {
        const length = this.readLong(lengths + 8 * i);
        const [worth, bonus, logLikelihood] = [0, 8, 16].map((k) => view.getFloat64(numbers + 24 * i + k, true));
        found.push({ worth, bonus, logLikelihood, ids: [...new Int32Array(view.buffer, at, length)] });
        at += 4 * length;
      }
      return found;
    });
  }

  /**
   * Natural log probability of the characters from `start` on, and of the line's end, behind those before.
   *
   * @param {number} table
   * @param {number[]} ids
   * @param {number} start
   * @param {number} least - where it is less, what it is so far is given
   * @returns {number}
   */
  score(table, ids, start, least) {
    return this.within(() => {
      const total = this.taken(8);
      const text = this.copied(Int32Array.from(ids));
      this.succeed(this.exported.chuviet_score(table, text, BigInt(start), BigInt(ids.length), least, total));
      return this.view().getFloat64(total, true);
    });
  }

  /**
   * The log likelihood of texts, over all alignments to the frames.
   *
   * @param {Frames} frames - probabilities
   * @param {number[][]} texts - ids
   * @param {number} rescale - frames
   * @returns {number[]}
   */
  sumAlignments(frames, texts, rescale) {
    return this.within(() => {
      const place = this.framesAt(frames);
      const rows = Math.floor(frames.count / rescale) + 1;
      const scales = this.taken(8 * rows);
      const last = this.taken(8);
      return texts.map((ids) =>
        this.within(() => {
          new Float64Array(this.exported.memory.buffer, scales, rows).fill(1);
          const text = this.copied(Int32Array.from(ids));
          const counts = [BigInt(ids.length), BigInt(rescale)];
          const smallest = 2.2250738585072014e-308;
          this.succeed(this.exported.chuviet_sum_alignments(place, text, ...counts, smallest, scales, 1n, last));
          let sum = 0;
          for (const one of new Float64Array(this.exported.memory.buffer, scales, rows)) sum += Math.log(one);
          return sum + Math.log(this.view().getFloat64(last, true));
        }),
      );
    });
  }

  /**
   * The state of a text in each frame on its likeliest path; null where there is none.
   *
   * @param {Frames} frames - log probabilities
   * @param {number[]} ids
   * @returns {number[] | null}
   */
  align(frames, ids) {
    return this.within(() => {
      const path = this.taken(8 * frames.count);
      const text = this.copied(Int32Array.from(ids));
      const status = this.exported.chuviet_align(this.framesAt(frames), text, BigInt(ids.length), path);
      if (status === NO_PATH) return null;
      this.succeed(status);
      return Array.from({ length: frames.count }, (_, t) => this.readLong(path + 8 * t));
    });
  }

  /**
   * The Levenshtein distances of a text to names.
   *
   * @param {string} text
   * @param {string[]} names
   * @returns {number[]}
   */
  editDistances(text, names) {
    return this.within(() => {
      const letters = names.map(codePoints);
      const written = codePoints(text);
      const joined = Uint32Array.from(letters.flat());
      const given = [
        this.copied(Uint32Array.from(written)),
        BigInt(written.length),
        this.copied(joined),
        this.copied(wide(letters.map((one) => one.length))),
        BigInt(names.length),
      ];
      const distances = this.taken(8 * names.length);
      this.succeed(this.exported.chuviet_edit_distances(...given, distances));
      return names.map((_, i) => this.readLong(distances + 8 * i));
    });
  }

  /**
   * The ink along the emptiest straight line between two lines of text: `chuviet.reading.stacked`.
   *
   * @param {Float32Array} ink
   * @param {number} height
   * @param {number} width
   * @param {number[][]} falls
   * @param {number[]} levels
   * @param {number} share
   * @param {number} alike
   * @returns {number}
   */
  gapBetweenLines(ink, height, width, falls, levels, share, alike) {
    return this.within(() => {
      const gap = this.taken(8);
      const given = [this.copied(ink), BigInt(height), BigInt(width), this.copied(Int32Array.from(falls.flat()))];
      const more = [BigInt(falls.length), this.copied(wide(levels)), share, alike, gap];
      this.succeed(this.exported.chuviet_gap_between_lines(...given, ...more));
      return this.view().getFloat64(gap, true);
    });
  }

  /**
   * Runs what takes memory, and gives it back.
   *
   * @template T
   * @param {() => T} run
   * @returns {T}
   */
  within(run) {
    const mark = this.exported.heap_mark();
    try {
      return run();
    } finally {
      this.exported.heap_reset(mark);
    }
  }

  /** @param {number} status */
  succeed(status) {
    if (status !== OK)
      throw new Error(`the decoder failed (${status}): the weights' output is no number, or too large`);
  }

  /** @param {number} bytes */
  taken(bytes) {
    const place = this.exported.malloc(bytes);
    if (!place) throw new Error('no memory for the search');
    return place;
  }

  /** @param {Int32Array | Uint32Array | Uint16Array | Float32Array | Float64Array} values */
  copied(values) {
    const place = this.taken(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.exported.memory.buffer).set(bytes, place);
    return place;
  }

  /** @param {Frames} frames */
  framesAt(frames) {
    const values = this.copied(frames.data);
    const place = this.taken(32);
    this.writeInt(place, values);
    this.writeLong(place + 8, frames.count);
    this.writeLong(place + 16, frames.classes);
    this.writeInt(place + 24, 1);
    return place;
  }

  view() {
    return new DataView(this.exported.memory.buffer);
  }

  /**
   * @param {number} at
   * @param {number} value
   */
  writeInt(at, value) {
    this.view().setUint32(at, value, true);
  }

  /**
   * @param {number} at
   * @param {number} value - below 2 ** 53
   */
  writeLong(at, value) {
    this.view().setBigInt64(at, BigInt(value), true);
  }

  /** @param {number} at */
  readLong(at) {
    return Number(this.view().getBigInt64(at, true));
  }
}

/** @param {string} text */
export function codePoints(text) {
  return Array.from(text, (c) => /** @type {number} */ (c.codePointAt(0)));
}

/**
 * Whole numbers, 0 .. 2 ** 53, as 64 bits each.
 *
 * @param {ArrayLike<number>} values
 * @returns {Uint32Array} two a number
 */
function wide(values) {
  const words = new Uint32Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    words[2 * i] = values[i] >>> 0;
    words[2 * i + 1] = Math.floor(values[i] / 2 ** 32);
  }
  return words;
}

/**
 * What each character, the line's end and its start add to a key: as the last one, as the one before it, ...
 *
 * @param {number} order
 * @param {number} bits
 * @param {number} end
 * @param {number} modulus
 */
function termsOf(order, bits, end, modulus) {
  const terms = [];
  let weight = 1;
  for (let k = 0; k < order; k++) {
    for (let c = 0; c < end + 2; c++) terms.push(Number((BigInt(c) * BigInt(weight)) % BigInt(modulus)));
    for (let i = 0; i < bits; i++) weight = (2 * weight) % modulus;
  }
  return wide(terms);
}
