/**
 * Which ward lies in which district and province, and what an address may be meant to be:
 * `chuviet.language.gazetteer`.
 *
 * @typedef {import('../native.js').Kernels} Kernels
 * @typedef {import('./spelling.js').Span} Span
 * @typedef {[province: string, kind: string, name: string, wards: [string, string][], streets: string[]]} District
 * @typedef {[cost: number, place: Place, ward: string]} Near
 */

import { constants } from '../settings.js';
import { bothTones, fields, inCaseOf, nameKey, nameWords, replaced, waysToWrite } from './spelling.js';

export class Gazetteer {
  /**
   * @param {Kernels} kernels
   * @param {District[]} districts
   */
  constructor(kernels, districts) {
    this.kernels = kernels;
    /** @type {Map<string, District[]>} */
    const byName = new Map();
    for (const district of districts.filter((one) => one[2])) at(byName, district[0], () => []).push(district);
    /** @type {Map<string, District[]>} */
    this.members = new Map();
    for (const [name, members] of byName) at(this.members, nameKey(name), () => []).push(...members);
    /** @type {Map<string, Map<string, Place>>} */
    this.provinces = new Map();
    this.straight = new Map(districts.filter((one) => !one[2]).map((one) => [nameKey(one[0]), new Place([one])]));
    /** @type {Map<string, [number, string, string][]>} */
    this.nearest = new Map();
  }

  /**
   * How many of an address's parts belong together.
   *
   * @param {string} text
   * @returns {number}
   */
  known(text) {
    const spans = fields(text);
    const place = this.placeOf(text, spans);
    if (!place) return this.liesStraight(text, spans.slice(-2)) ? 2 : 0;
    const ward = isWard(place, text, spans);
    return 2 + Number(ward) + Number(place.hasStreet(text, spans.slice(0, ward ? -3 : -2)));
  }

  /**
   * Other readings of an address by its ward, district and province.
   *
   * @param {string} text
   * @param {number} [count]
   * @returns {string[]}
   */
  places(text, count = 5) {
    const spans = fields(text);
    const texts = [];
    for (const [size, find] of /** @type {const} */ ([
      [3, 'nearestWards'],
      [2, 'nearestStraight'],
    ])) {
      const part = spans.slice(-size);
      const keys = part.map(([a, b]) => nameKey(text.slice(a, b)));
      const most = keys.reduce((sum, key) => sum + key.length, 0) / 2;
      for (const [cost, place, w] of this[find](keys, count)) {
        if (!(0 < cost && cost <= most)) continue;
        const ward = /** @type {[string, string]} */ (place.wards.get(w));
        const names = [ward, ...(place.name ? [[place.kind, place.name]] : []), ['', place.province]];
        const ways = part.map(([a, b], i) => waysToWrite(text.slice(a, b), names[i][0], names[i][1]));
        texts.push(...product(ways).map((way) => replaced(text, part, way)));
      }
    }
    return texts;
  }

  /**
   * Other readings of an address with a street of its district.
   *
   * @param {string} text
   * @param {number} [count]
   * @returns {string[]}
   */
  streets(text, count = 3) {
    const spans = fields(text);
    const place = this.placeOf(text, spans);
    if (!place) return [];
    const before = spans.slice(0, isWard(place, text, spans) ? -3 : -2);
    if (!before.length || place.hasStreet(text, before)) return [];
    const [start, end] = before[before.length - 1];
    const starts = [...text.slice(start, end).matchAll(/\S+/g)].map((match) => start + match.index);
    /** @type {[number, number, string][]} */
    const found = [];
    for (const [words, streets] of place.streetNames) {
      if (words < 1 || words > starts.length) continue;
      const begin = starts[starts.length - words];
      const costs = this.kernels.editDistances(nameWords(text.slice(begin, end)).join(' '), streets);
      costs.forEach((cost, i) => {
        if (cost <= streets[i].length / 3)
          found.push([cost, begin, /** @type {string} */ (place.streets.get(streets[i]))]);
      });
    }
    return found
      .sort(compareRows)
      .slice(0, count)
      .flatMap(([, a, name]) =>
        bothTones(inCaseOf(text.slice(a, end), name)).map((way) => replaced(text, [[a, end]], [way])),
      );
  }

  /**
   * The districts of a province, by their keys.
   *
   * @param {string} key
   * @returns {Map<string, Place>}
   */
  districts(key) {
    let places = this.provinces.get(key);
    if (!places) {
      /** @type {Map<string, District[]>} */
      const members = new Map();
      for (const one of this.members.get(key) || []) at(members, nameKey(one[2]), () => []).push(one);
      places = new Map([...members].map(([name, districts]) => [name, new Place(districts)]));
      this.provinces.set(key, places);
    }
    return places;
  }

  /**
   * The district at the end of a text, if it and the province behind it belong together.
   *
   * @param {string} text
   * @param {Span[]} spans
   * @returns {Place | undefined}
   */
  placeOf(text, spans) {
    if (spans.length < 2) return undefined;
    const [district, province] = spans.slice(-2).map(([a, b]) => nameKey(text.slice(a, b)));
    return this.members.has(province) ? this.districts(province).get(district) : undefined;
  }

  /**
   * @param {string} text
   * @param {Span[]} spans - two
   */
  liesStraight(text, spans) {
    if (spans.length < 2) return false;
    const [ward, province] = spans.map(([a, b]) => nameKey(text.slice(a, b)));
    return this.straight.get(province)?.wards.has(ward) || false;
  }

  /**
   * Of the wards that lie straight in a province those that are nearest to two keys.
   *
   * @param {string[]} keys
   * @param {number} count
   * @returns {Near[]}
   */
  nearestStraight(keys, count) {
    if (keys.length < 2 || !this.straight.size) return [];
    const [ward, province] = keys;
    if (this.members.has(province) && this.districts(province).has(ward)) return [];
    const near = this.byDistance(province, [...this.straight.keys()]).slice(
      0,
      constants('language.gazetteer')._STRAIGHT,
    );
    return near
      .flatMap(([cost, p]) => {
        const names = [.../** @type {Place} */ (this.straight.get(p)).wards.keys()];
        const edits = this.kernels.editDistances(ward, names);
        return names.map((w, i) => /** @type {[number, string, string]} */ ([cost + edits[i], p, w]));
      })
      .sort(compareRows)
      .slice(0, count)
      .map(([cost, p, w]) => [cost, /** @type {Place} */ (this.straight.get(p)), w]);
  }

  /**
   * Of the wards of the nearest districts those that are nearest to the keys of ward, district and province.
   *
   * @param {string[]} keys
   * @param {number} count
   * @returns {Near[]}
   */
  nearestWards(keys, count) {
    if (keys.length < 3) return [];
    const [ward, district, province] = keys;
    return this.near(province, district)
      .flatMap(([cost, p, d]) => {
        const names = [.../** @type {Place} */ (this.districts(p).get(d)).wards.keys()];
        const edits = this.kernels.editDistances(ward, names);
        return names.map((w, i) => /** @type {[number, string, string, string]} */ ([cost + edits[i], p, d, w]));
      })
      .sort(compareRows)
      .slice(0, count)
      .map(([cost, p, d, w]) => [cost, /** @type {Place} */ (this.districts(p).get(d)), w]);
  }

  /**
   * The pairs of province and district that are nearest to two keys.
   *
   * @param {string} province
   * @param {string} district
   * @returns {[number, string, string][]}
   */
  near(province, district) {
    const { _PER_LEVEL, _REMEMBERED } = constants('language.gazetteer');
    const pair = `${province}\n${district}`;
    let found = this.nearest.get(pair);
    if (!found) {
      found = this.byDistance(province, [...this.members.keys()])
        .slice(0, _PER_LEVEL[0])
        .flatMap(([cost, p]) =>
          this.byDistance(district, [...this.districts(p).keys()]).map(
            ([more, d]) => /** @type {[number, string, string]} */ ([cost + more, p, d]),
          ),
        )
        .sort(compareRows)
        .slice(0, _PER_LEVEL[1]);
      if (this.nearest.size >= _REMEMBERED) this.nearest.clear();
      this.nearest.set(pair, found);
    }
    return found;
  }

  /**
   * @param {string} text
   * @param {string[]} names
   * @returns {[number, string][]} the nearest first
   */
  byDistance(text, names) {
    const costs = this.kernels.editDistances(text, names);
    return names.map((name, i) => /** @type {[number, string]} */ ([costs[i], name])).sort(compareRows);
  }
}

/** What is known of one district; of several entries with one key together. */
class Place {
  /** @param {District[]} districts */
  constructor(districts) {
    const last = districts[districts.length - 1];
    this.province = last[0];
    this.kind = last[1];
    this.name = last[2];
    /** @type {Map<string, [string, string]>} Kind and name by key. */
    this.wards = new Map(districts.flatMap((one) => one[3].map((ward) => [nameKey(ward[1]), ward])));
    this.districts = districts;
    /** @type {Map<string, string> | undefined} */
    this.named = undefined;
    /** @type {Map<number, string[]> | undefined} */
    this.counted = undefined;
  }

  /** Names of streets by their words, joined by spaces. */
  get streets() {
    this.named ??= new Map(this.districts.flatMap((one) => one[4].map((name) => [nameWords(name).join(' '), name])));
    return this.named;
  }

  /** The words of streets, joined by spaces, by how many they are. */
  get streetNames() {
    if (!this.counted) {
      this.counted = new Map();
      for (const words of this.streets.keys())
        at(this.counted, words ? words.split(' ').length : 0, () => []).push(words);
    }
    return this.counted;
  }

  /**
   * Whether the last of the parts of an address ends with a street of the district.
   *
   * @param {string} text
   * @param {Span[]} spans
   */
  hasStreet(text, spans) {
    if (!spans.length) return false;
    const words = nameWords(text.slice(...spans[spans.length - 1]));
    return words.some((_, k) => this.streets.has(words.slice(k).join(' ')));
  }
}

/**
 * @param {Place} place
 * @param {string} text
 * @param {Span[]} spans
 */
function isWard(place, text, spans) {
  return spans.length > 2 && place.wards.has(nameKey(text.slice(...spans[spans.length - 3])));
}

/**
 * @template K, V
 * @param {Map<K, V>} map
 * @param {K} key
 * @param {() => V} make
 * @returns {V}
 */
function at(map, key, make) {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/**
 * By the first difference, as Python compares tuples.
 *
 * @param {(number | string)[]} a
 * @param {(number | string)[]} b
 */
function compareRows(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

/**
 * Every choice of one of each, the last changing first.
 *
 * @param {string[][]} choices
 * @returns {string[][]}
 */
function product(choices) {
  return choices.reduce(
    (found, one) => found.flatMap((way) => one.map((x) => [...way, x])),
    /** @type {string[][]} */ ([[]]),
  );
}
