/**
 * The rescorer of a beam search: an n-gram model, and the gazetteer that came with it: `chuviet.language.rescore`.
 *
 * @typedef {import('./ngram.js').NGram} NGram
 * @typedef {import('./gazetteer.js').Gazetteer} Gazetteer
 * @typedef {import('../decode/evidence.js').LineEvidence} LineEvidence
 */

import { constants } from '../settings.js';

export class Rescorer {
  /**
   * @param {NGram} model
   * @param {Gazetteer | null} gazetteer
   * @param {number} alpha - weight of the model's log probabilities
   * @param {number} place - added for every part of an address that the gazetteer finds in its place
   * @param {number | null} alphaStyle - weight where nothing but style is in question; null: it is not asked
   */
  constructor(model, gazetteer, alpha, place, alphaStyle) {
    this.model = model;
    this.gazetteer = gazetteer;
    this.alpha = alpha;
    this.place = place;
    this.alphaStyle = alphaStyle;
  }

  /**
   * `text`, or the combination of ward, district and province, and then the street, that is better; at last in
   * its writer's style.
   *
   * @param {string} text
   * @param {LineEvidence} evidence
   * @returns {string}
   */
  correct(text, evidence) {
    const { gazetteer, alphaStyle } = this;
    if (gazetteer && this.place) {
      text = this.best([text, ...gazetteer.places(text)], evidence, gazetteer);
      text = this.best([text, ...gazetteer.streets(text)], evidence, gazetteer);
    }
    return alphaStyle === null ? text : this.inStyle(text, alphaStyle, evidence);
  }

  /**
   * `text` in the style that is better: each of `stylesOf`, while the rest is as it was. The length's bonus has no say.
   *
   * @param {string} text
   * @param {number} alpha
   * @param {LineEvidence} evidence
   * @returns {string}
   */
  inStyle(text, alpha, evidence) {
    const styles = stylesOf(text)
      .map(({ start, end, put }) => ({ start, end, put, other: text.slice(0, start) + put + text.slice(end) }))
      .filter(({ other }) => this.model.knows(other) && evidence.atMost(other) > -Infinity);
    if (!styles.length) return text;
    const [own, ...weights] = evidence.weigh([text, ...styles.map(({ other }) => other)]);
    let styled = text;
    for (let i = styles.length - 1; i >= 0; i--) {
      const { start, end, put, other } = styles[i];
      let gain = weights[i] - own - evidence.beta * (other.length - text.length);
      if (gain > -Infinity) {
        const behind = text.slice(0, start);
        const score = (/** @type {string} */ one) => this.model.score(one.slice(start), behind, -Infinity);
        gain += alpha * (score(other) - score(text));
      }
      if (gain > 0) styled = styled.slice(0, start) + put + styled.slice(end);
    }
    return styled;
  }

  /**
   * The best of the texts, the first of which is what was read.
   *
   * @param {string[]} texts
   * @param {LineEvidence} evidence
   * @param {Gazetteer} gazetteer
   * @returns {string}
   */
  best(texts, evidence, gazetteer) {
    const { MOST_KNOWN, _ASKED } = constants('language.rescore');
    texts = texts.filter((text) => this.model.knows(text));
    const read = texts[0];
    if (texts.length === 1) return read;
    const shared = sharedBeginning(texts); // its probability is the same for all
    const own = this.score(read, shared, -Infinity);
    const ownPlaces = this.place * gazetteer.known(read);
    const least = evidence.atLeast(read) + ownPlaces + own;
    const most = Math.max(this.place * MOST_KNOWN, 0);
    const asked = texts
      .slice(1)
      .map((text) => ({ text, bound: evidence.atMost(text), places: 0 }))
      .filter(({ bound }) => bound + most > least);
    for (const one of asked) one.places = this.place * gazetteer.known(one.text);
    const left = asked.filter(({ bound, places }) => bound + places > least);
    if (!left.length) return read;
    const weights = evidence.weigh([read, ...left.map(({ text }) => text)]);
    let [best, score] = [read, weights[0] + ownPlaces + own];
    const ranked = left.map((one, i) => ({ text: one.text, worth: weights[i + 1] + one.places }));
    ranked.sort((a, b) => b.worth - a.worth);
    for (const { text, worth } of ranked.slice(0, _ASKED)) {
      if (worth <= score) continue;
      const whole = worth + this.score(text, shared, score - worth);
      if (whole > score) [best, score] = [text, whole];
    }
    return best;
  }

  /**
   * What the model adds for what follows the first `shared` characters; less than `least` when it is.
   *
   * @param {string} text
   * @param {number} shared
   * @param {number} least
   */
  score(text, shared, least) {
    if (!this.alpha) return 0;
    return this.alpha * this.model.score(text.slice(shared), text.slice(0, shared), least / this.alpha);
  }
}

/**
 * What writers do as they please, in order: a word with a capital or without, a space after a full stop or none.
 *
 * @param {string} text
 */
function stylesOf(text) {
  /** @type {{start: number, end: number, put: string}[]} */
  const found = [];
  for (const match of text.matchAll(/(?:(\.)( ?)|(?<![\p{L}\p{N}]))(\p{L})/gu)) {
    const [whole, stop, space, letter] = match;
    const [first, end] = [match.index, match.index + whole.length];
    if (stop) found.push({ start: first + 1, end: first + 1 + space.length, put: space ? '' : ' ' });
    const lower = letter.toLowerCase();
    const put = letter === lower ? letter.toUpperCase() : lower;
    if (put !== letter && put.length === 1) found.push({ start: end - 1, end, put });
  }
  return found;
}

/** @param {string[]} texts */
function sharedBeginning(texts) {
  const ordered = [...texts].sort();
  const [first, last] = [ordered[0], ordered[ordered.length - 1]];
  let i = 0;
  while (i < Math.min(first.length, last.length) && first[i] === last[i]) i++;
  return i;
}
