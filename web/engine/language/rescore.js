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
   * @param {number | null} alphaCase - weight where nothing but a capital is in question; null: it is not asked
   */
  constructor(model, gazetteer, alpha, place, alphaCase) {
    this.model = model;
    this.gazetteer = gazetteer;
    this.alpha = alpha;
    this.place = place;
    this.alphaCase = alphaCase;
  }

  /**
   * `text`, or the combination of ward, district and province, and then the street, that is better; at last its words
   * with a capital or without.
   *
   * @param {string} text
   * @param {LineEvidence} evidence
   * @returns {string}
   */
  correct(text, evidence) {
    const { gazetteer, alphaCase } = this;
    if (gazetteer && this.place) {
      text = this.best([text, ...gazetteer.places(text)], evidence, gazetteer);
      text = this.best([text, ...gazetteer.streets(text)], evidence, gazetteer);
    }
    return alphaCase === null ? text : this.inCase(text, alphaCase, evidence);
  }

  /**
   * `text` with the first letters of words in the other case, each where that is better while the rest is as it was.
   *
   * @param {string} text
   * @param {number} alpha
   * @param {LineEvidence} evidence
   * @returns {string}
   */
  inCase(text, alpha, evidence) {
    /** @type {{at: number, other: string}[]} */
    const turned = [];
    for (let at = 0; at < text.length; at++) {
      if (/\s/.test(text[at]) || (at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1]))) continue;
      const letter = inOtherCase(text[at]);
      const other = text.slice(0, at) + letter + text.slice(at + 1);
      if (letter.length === 1 && other !== text && this.model.knows(other) && evidence.atMost(other) > -Infinity) {
        turned.push({ at, other });
      }
    }
    if (!turned.length) return text;
    const [own, ...weights] = evidence.weigh([text, ...turned.map(({ other }) => other)]);
    turned.forEach(({ at, other }, i) => {
      const gain = weights[i] - own;
      if (gain === -Infinity) return;
      const behind = text.slice(0, at);
      const said =
        this.model.score(other.slice(at), behind, -Infinity) - this.model.score(text.slice(at), behind, -Infinity);
      if (gain + alpha * said > 0) text = behind + other[at] + text.slice(at + 1);
    });
    return text;
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

/** @param {string} letter */
function inOtherCase(letter) {
  const lower = letter.toLowerCase();
  return letter === lower ? letter.toUpperCase() : lower;
}

/** @param {string[]} texts */
function sharedBeginning(texts) {
  const ordered = [...texts].sort();
  const [first, last] = [ordered[0], ordered[ordered.length - 1]];
  let i = 0;
  while (i < Math.min(first.length, last.length) && first[i] === last[i]) i++;
  return i;
}
