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
   */
  constructor(model, gazetteer, alpha, place) {
    this.model = model;
    this.gazetteer = gazetteer;
    this.alpha = alpha;
    this.place = place;
  }

  /**
   * `text`, or the combination of ward, district and province, and then the street, that is better.
   *
   * @param {string} text
   * @param {LineEvidence} evidence
   * @returns {string}
   */
  correct(text, evidence) {
    const { gazetteer } = this;
    if (!gazetteer || !this.place) return text;
    text = this.best([text, ...gazetteer.places(text)], evidence, gazetteer);
    return this.best([text, ...gazetteer.streets(text)], evidence, gazetteer);
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

/** @param {string[]} texts */
function sharedBeginning(texts) {
  const ordered = [...texts].sort();
  const [first, last] = [ordered[0], ordered[ordered.length - 1]];
  let i = 0;
  while (i < Math.min(first.length, last.length) && first[i] === last[i]) i++;
  return i;
}
