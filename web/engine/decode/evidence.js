/**
 * What the frames of one line say about texts that the search did not end with: `chuviet.decode.evidence`.
 *
 * @typedef {import('../types.js').Frames} Frames
 * @typedef {import('../native.js').Kernels} Kernels
 */

import { stripped } from '../language/spelling.js';
import { constants } from '../settings.js';

export class LineEvidence {
  /**
   * @param {Kernels} kernels
   * @param {Frames} probs
   * @param {Map<string, number>} ids
   * @param {number} beta - bonus of a character
   * @param {string} found - a text whose log likelihood is at least `logLikelihood`
   * @param {number} logLikelihood
   */
  constructor(kernels, probs, ids, beta, found, logLikelihood) {
    this.kernels = kernels;
    this.probs = probs;
    this.ids = ids;
    this.beta = beta;
    this.found = found;
    this.logLikelihood = logLikelihood;
    /** @type {number[] | undefined} */
    this.sums = undefined;
  }

  /** Of each character what it adds to a text's log likelihood, at most. */
  get most() {
    if (!this.sums) {
      const { data, count, classes } = this.probs;
      const sums = new Array(classes).fill(0);
      for (let t = 0; t < count; t++) for (let c = 0; c < classes; c++) sums[c] += data[t * classes + c];
      this.sums = sums.slice(1).map((sum) => Math.log(Math.min(sum, 1)));
    }
    return this.sums;
  }

  /**
   * The log likelihood of each text, and the length's bonus.
   *
   * @param {string[]} texts
   * @returns {number[]}
   */
  weigh(texts) {
    const ids = texts.map((text) => this.idsOf(text));
    const found = this.kernels.sumAlignments(this.probs, ids, constants('decode.alignment')._RESCALE);
    return found.map((value, i) => value + this.beta * texts[i].length);
  }

  /**
   * No less than what `weigh` gives.
   *
   * @param {string} text
   */
  atMost(text) {
    return this.idsOf(text).reduce((sum, id) => sum + this.most[id], 0) + this.beta * text.length;
  }

  /**
   * No more than what `weigh` gives; minus infinity where nothing is known.
   *
   * @param {string} text
   */
  atLeast(text) {
    const known = text === this.found && text === stripped(text, ' ');
    return known ? this.logLikelihood + this.beta * text.length : -Infinity;
  }

  /** @param {string} text */
  idsOf(text) {
    return [...stripped(text, ' ')].map((c) => /** @type {number} */ (this.ids.get(c)));
  }
}
