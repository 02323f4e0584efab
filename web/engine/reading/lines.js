/**
 * Reading lines with one recogniser: `chuviet.reading.lines`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../types.js').Frames} Frames
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 * @typedef {import('../native.js').Kernels} Kernels
 * @typedef {import('../settings.js').Weights} Weights
 * @typedef {{ort: any, session: any, decoder: Decoder, kernels: Kernels}} Loaded
 */

import { likelihood, withWordScores } from '../decode/confidence.js';
import { Decoder } from '../decode/ctc.js';
import { logSoftmax } from '../decode/frames.js';
import { Gazetteer } from '../language/gazetteer.js';
import { NGram } from '../language/ngram.js';
import { Rescorer } from '../language/rescore.js';
import { languageModelArrays } from '../onnx.js';
import { centred } from '../preprocess/colour.js';
import { inkOf, isBlank } from '../preprocess/line.js';
import { constants } from '../settings.js';
import { joinFrames, preparePieces } from './pieces.js';
import { isStacked } from './stacked.js';

export class LineReader {
  /**
   * @param {Weights} weights
   * @param {() => Promise<Loaded>} load - is called when the first line is read
   */
  constructor(weights, load) {
    this.weights = weights;
    this.load = load;
    /** @type {Promise<Loaded> | null} */
    this.loaded = null;
  }

  /**
   * @param {any} ort - ONNX Runtime
   * @param {Kernels} kernels
   * @param {Weights} weights
   * @param {Uint8Array<ArrayBuffer>} data - the ONNX file
   * @returns {Promise<Loaded>}
   */
  static async load(ort, kernels, weights, data) {
    const session = await ort.InferenceSession.create(data, { executionProviders: ['wasm'], logSeverityLevel: 4 });
    const rescorers = weights.language_model ? await rescorersOf(kernels, weights.decoder, data) : [];
    const decoder = new Decoder(kernels, weights.decoder, weights.charset, rescorers);
    return { ort, session, decoder, kernels };
  }

  /** @returns {Promise<Loaded>} */
  opened() {
    if (!this.loaded) {
      this.loaded = this.load();
      this.loaded.catch(() => (this.loaded = null)); // a network may come back
    }
    return this.loaded;
  }

  /** Whether it reads single words only. */
  get knowsWords() {
    return this.weights.preprocess.type === 'scene_image';
  }

  /**
   * The text of a line's image.
   *
   * @param {Picture} image - red, green, blue
   * @returns {Promise<Prediction & {stacked: boolean}>}
   */
  async predict(image) {
    const pieces = preparePieces(this.weights.preprocess, image);
    const loaded = await this.opened();
    const { decoder, kernels } = loaded;
    const widest = Math.max(...pieces.images.map((one) => one.width));
    const parts = [];
    for (const piece of pieces.images) parts.push(await this.frames(loaded, piece, widest));
    const read = decoder.read(joinFrames(parts, pieces, this.weights.charset.indexOf(' ') + 1));
    const found = withWordScores(read, this.weights.decoder.calibration);
    const clear = isClear(found);
    if (!clear && found.text && isBlank(image)) {
      const rawText = this.weights.decoder.type === 'ctc_beam' && this.weights.language_model ? '' : null;
      const empty = { spans: [], scores: null, frames: 0, wordScores: null };
      return { text: '', confidence: 1, rawText, stacked: false, ...empty };
    }
    return { ...found, stacked: !clear && pieces.ink !== null && isStacked(kernels, pieces.ink) };
  }

  /**
   * Log probabilities of the classes in a prepared picture's frames.
   *
   * @param {Loaded} loaded
   * @param {Picture} picture
   * @param {number} widest - of the pieces of its line
   * @returns {Promise<Frames>}
   */
  async frames({ ort, session }, picture, widest) {
    const { preprocess } = this.weights;
    const padded = session.inputNames.length > 1;
    const inColour = preprocess.type === 'scene_image';
    let width = picture.width;
    if (padded) {
      const step = inColour ? 32 : constants('preprocess.line')._WIDTH_STEP;
      width = (inColour && preprocess.width) || Math.ceil(widest / step) * step;
    }
    const middle = constants('preprocess.scene')._PADDING;
    const values = inColour ? centred(picture, width, picture.height, middle) : inkOf(picture, width);
    const shape = [1, inColour ? 3 : 1, picture.height, width];
    /** @type {Record<string, any>} */
    const given = { images: new ort.Tensor('float32', values, shape) };
    if (padded) given.widths = new ort.Tensor('int64', BigInt64Array.of(BigInt(picture.width)), [1]);
    const found = await session.run(given);
    const logits = found[session.outputNames[0]];
    const [, frames, classes] = logits.dims;
    const count = padded ? Number(found[session.outputNames[1]].data[0]) : frames;
    return logSoftmax(logits.data, count, classes);
  }
}

/**
 * Whether so much was read with so little doubt that it can be no blank paper and not two lines at once.
 *
 * @param {Prediction} read
 */
export function isClear(read) {
  const { _CLEAR, _CLEAR_TEXT } = constants('reading.lines');
  return (read.text.match(/[\p{L}\p{N}]/gu) ?? []).length >= _CLEAR_TEXT && likelihood(read) >= _CLEAR;
}

/**
 * The rescorers of the language model in an ONNX file: of addresses, and of general text where it has a model of it.
 *
 * @param {Kernels} kernels
 * @param {{alpha: number, place: number, alpha_style: number | null}} config
 * @param {Uint8Array} data
 * @returns {Promise<Rescorer[]>}
 */
async function rescorersOf(kernels, config, data) {
  const arrays = languageModelArrays(data);
  const prefix = constants('language.ngram')._GENERAL;
  /** @type {Record<string, any>[]} */
  const [own, general] = [{}, {}];
  for (const [name, array] of Object.entries(arrays)) {
    if (name.startsWith(prefix)) general[name.slice(prefix.length)] = array;
    else own[name] = array;
  }
  const districts = own.gazetteer && JSON.parse(new TextDecoder().decode(await inflated(own.gazetteer)));
  const gazetteer = districts ? new Gazetteer(kernels, districts) : null;
  const models = [own, ...(Object.keys(general).length ? [general] : [])];
  return models.map((one, i) => {
    const places = i ? null : gazetteer;
    return new Rescorer(new NGram(kernels, one), places, config.alpha, config.place, config.alpha_style);
  });
}

/**
 * @param {Uint8Array} data - compressed by zlib
 * @returns {Promise<Uint8Array>}
 */
async function inflated(data) {
  const stream = new Blob([/** @type {BlobPart} */ (data)]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
