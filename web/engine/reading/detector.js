/**
 * Finding text: `chuviet.reading.detector`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../settings.js').Weights} Weights
 * @typedef {import('./joining.js').Detection} Detection
 */

import { decodeMaps } from '../decode/regions.js';
import { centred, preparePage } from '../preprocess/colour.js';
import { constants } from '../settings.js';
import { findAtScales } from './scales.js';

export class Detector {
  /**
   * @param {any} ort - ONNX Runtime
   * @param {any} session
   * @param {Weights} weights
   */
  constructor(ort, session, weights) {
    this.ort = ort;
    this.session = session;
    this.weights = weights;
  }

  /**
   * @param {any} ort
   * @param {Weights} weights
   * @param {Uint8Array} data - the ONNX file
   */
  static async open(ort, weights, data) {
    // Memory is given back: what is kept grows with every new size of a page.
    const session = await ort.InferenceSession.create(data, {
      executionProviders: ['wasm'],
      logSeverityLevel: 4,
      enableCpuMemArena: false,
      enableMemPattern: false,
    });
    return new Detector(ort, session, weights);
  }

  /**
   * The lines and words in an image.
   *
   * @param {Picture} image
   * @returns {Promise<Detection>}
   */
  async find(image) {
    const { longest, enlarge } = this.weights.preprocess;
    return findAtScales((size) => this.look(image, size), image, longest, enlarge);
  }

  /**
   * @param {Picture} image
   * @param {number} longest - pixels that its longer side is scaled to
   * @returns {Promise<Detection>}
   */
  async look(image, longest) {
    const config = { ...this.weights.preprocess, longest };
    const small = preparePage(config, image);
    const [width, height] = [small.width, small.height].map(
      (side) => Math.ceil(side / config.multiple) * config.multiple,
    );
    const values = centred(small, width, height, constants('preprocess.page')._PADDING);
    const found = await this.session.run({ images: new this.ort.Tensor('float32', values, [1, 3, height, width]) });
    const logits = found[this.session.outputNames[0]];
    const [, , rows, columns] = logits.dims;
    return decodeMaps(this.weights.decoder, logits.data, rows, columns, small, image);
  }
}
