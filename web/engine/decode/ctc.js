/**
 * Text from the frames of a line: the best path, or beam search with language models: `chuviet.decode.ctc`.
 *
 * @typedef {import('../types.js').Frames} Frames
 * @typedef {import('../native.js').Kernels} Kernels
 * @typedef {import('../native.js').Found} Found
 * @typedef {import('../language/rescore.js').Rescorer} Rescorer
 * @typedef {import('./frames.js').Alignment} Alignment
 * @typedef {{
 *   text: string, confidence: number, rawText: string | null, spans: [number, number][] | null,
 *   scores: number[] | null, frames: number, wordScores: number[] | null,
 * }} Prediction
 *   A line that was read; as `chuviet.results.Prediction`.
 */

import { argmax } from '../image/numbers.js';
import { stripped } from '../language/spelling.js';
import { constants } from '../settings.js';
import { LineEvidence } from './evidence.js';
import { alignText, confidenceOf, holdNumbers, inDoubt, isNumber, readBestPath, softened } from './frames.js';

export class Decoder {
  /**
   * @param {Kernels} kernels
   * @param {any} config - of ctc_beam or ctc_greedy
   * @param {string} charset
   * @param {Rescorer[]} rescorers - that of addresses first
   */
  constructor(kernels, config, charset, rescorers) {
    this.kernels = kernels;
    this.config = config;
    this.characters = [...charset];
    this.rescorers = rescorers;
    this.ids = new Map(this.characters.map((c, i) => [c, i]));
    this.digits = this.characters.flatMap((c, i) => (isNumber(c) ? [i + 1] : []));
  }

  /**
   * @param {Frames} frames - log probabilities
   * @returns {Prediction}
   */
  read(frames) {
    const path = readBestPath(frames);
    if (this.config.type !== 'ctc_beam') return this.prediction(frames, path, path.ids);
    const probs = softened(frames, this.config.temperature);
    if (!this.rescorers.length) {
      return this.prediction(frames, path, this.searched(inDoubt(probs, this.config.min_prob), null).ids);
    }
    const read = this.textOf(path.ids);
    const text = this.rescored(probs, path, read);
    const found = this.prediction(
      frames,
      path,
      [...text].map((c) => /** @type {number} */ (this.ids.get(c))),
    );
    return { ...found, rawText: stripped(read, ' ') };
  }

  /**
   * The best text by any of the rescorers.
   *
   * @param {Frames} probs
   * @param {Alignment} path
   * @param {string} read
   * @returns {string}
   */
  rescored(probs, path, read) {
    const { beta, first, keep_digits: hold, min_prob: surest, place_min_prob: ofPlaces } = this.config;
    const held = (/** @type {number} */ least) => {
      const doubted = inDoubt(probs, least);
      return hold ? holdNumbers(doubted, path, read, this.digits) : doubted;
    };
    const doubted = held(surest);
    const found = this.rescorers.map((rescorer) => this.searched(doubted, rescorer));
    const worth = found.map((text) => text.logLikelihood + text.bonus);
    worth[0] += first;
    const chosen = argmax(worth);
    const text = this.textOf(found[chosen].ids);
    const weighed = ofPlaces < surest ? held(ofPlaces) : doubted;
    const evidence = new LineEvidence(this.kernels, weighed, this.ids, beta, text, found[chosen].logLikelihood);
    return this.rescorers[chosen].correct(text, evidence);
  }

  /**
   * The best text of a search.
   *
   * @param {Frames} probs
   * @param {Rescorer | null} rescorer
   * @returns {Found}
   */
  searched(probs, rescorer) {
    const { width, alpha, beta, min_ratio: ratio, top } = this.config;
    const { classes, ends } = likelyClasses(probs, top, constants('decode.ctc')._ANY);
    const most = rescorer ? Math.exp(beta) : 1;
    const found = this.kernels.search(probs, classes, ends, rescorer ? rescorer.model.table : 0, {
      width,
      ratio,
      alpha,
      most,
    });
    return found.reduce((best, one) => (one.worth > best.worth ? one : best));
  }

  /** @param {number[]} ids */
  textOf(ids) {
    return ids.map((id) => this.characters[id]).join('');
  }

  /**
   * The text without outer spaces, where its characters lie, and how sure they are.
   *
   * @param {Frames} frames
   * @param {Alignment} path
   * @param {number[]} ids
   * @returns {Prediction}
   */
  prediction(frames, path, ids) {
    const whole = this.textOf(ids);
    const text = stripped(whole, ' ');
    const start = whole.length - whole.replace(/^ +/, '').length;
    const same = ids.length === path.ids.length && ids.every((id, i) => id === path.ids[i]);
    const aligned = same ? path : alignText(this.kernels, frames, ids);
    const part = (/** @type {any[]} */ values) => values.slice(start, start + text.length);
    const found = aligned && { ids: part(aligned.ids), spans: part(aligned.spans), peaks: part(aligned.peaks) };
    return {
      text,
      confidence: found ? confidenceOf(found) : 0,
      rawText: null,
      spans: found && found.spans,
      scores: found && found.peaks.map(Math.exp),
      frames: frames.count,
      wordScores: null,
    };
  }
}

/**
 * Of all frames the classes, blank apart, that are among the `top` and have at least `least`; and where those of each
 * frame begin.
 *
 * @param {Frames} probs
 * @param {number} top
 * @param {number} least
 */
function likelyClasses(probs, top, least) {
  const { BLANK } = constants('decode.alignment');
  const { data, count, classes } = probs;
  const bound = Math.fround(least);
  /** @type {number[]} */
  const found = [];
  const ends = [0];
  for (let t = 0; t < count; t++) {
    const start = t * classes;
    let likely = [];
    for (let c = 0; c < classes; c++) if (data[start + c] >= bound) likely.push(c);
    if (top < classes && likely.length > top) {
      likely.sort((a, b) => data[start + b] - data[start + a]);
      likely = likely.slice(0, top).sort((a, b) => a - b);
    }
    found.push(...likely.filter((c) => c !== BLANK));
    ends.push(found.length);
  }
  return { classes: Int32Array.from(found), ends };
}
