/** How Vietnamese addresses are written: `chuviet.language.spelling`. */

import { constants } from '../settings.js';

/** @typedef {[number, number]} Span */

const WORD = '[\\p{L}\\p{N}_]';
const BOUNDARY = `(?:(?<!${WORD})(?=${WORD})|(?<=${WORD})(?!${WORD}))`;

/** @type {Map<string, RegExp>} */
const patterns = new Map();
/** @type {Map<string, string>} */
const keys = new Map();

/**
 * A pattern of the Python module; there \b knows letters of all scripts.
 *
 * @param {string} name
 * @param {string} flags
 */
function pattern(name, flags) {
  let found = patterns.get(name);
  if (!found) {
    found = new RegExp(constants('language.spelling')[name].replaceAll('\\b', BOUNDARY), flags);
    patterns.set(name, found);
  }
  found.lastIndex = 0;
  return found;
}

/**
 * Start and end of the parts of an address: between commas, and before a word such as Quận where one is missing.
 *
 * @param {string} text
 * @returns {Span[]}
 */
export function fields(text) {
  /** @type {Span[]} */
  const spans = [];
  for (const match of text.matchAll(/[^,]+/g)) {
    let start = match.index;
    const ends = [...match[0].matchAll(pattern('_INNER', 'gu'))].map((part) => [
      part.index,
      part.index + part[0].length,
    ]);
    for (const [end, next] of [...ends, [match[0].length, match[0].length]]) {
      const piece = text.slice(start, match.index + end);
      if (stripped(piece, ' .')) {
        const left = start + piece.length - piece.trimStart().length;
        spans.push([left, left + piece.trim().length]);
      }
      start = match.index + next;
    }
  }
  return spans;
}

/**
 * What two spellings of a name have in common.
 *
 * @param {string} name
 * @returns {string}
 */
export function nameKey(name) {
  let key = keys.get(name);
  if (key === undefined) {
    const inner = stripped(name, ' .');
    key = nameWords(inner.slice(kindOf(inner).length)).join('');
    if (keys.size > constants('language.spelling')._REMEMBERED) keys.clear();
    keys.set(name, key);
  }
  return key;
}

/**
 * What a name begins with that is no part of it: Quận, Phường ...
 *
 * @param {string} part
 */
function kindOf(part) {
  const found = pattern('_KIND', 'iuy').exec(part);
  return found ? found[0] : '';
}

/**
 * The words of a name, in one spelling.
 *
 * @param {string} name
 * @returns {string[]}
 */
export function nameWords(name) {
  return name.toLowerCase().replaceAll('-', ' ').split(/\s+/).filter(Boolean).map(wordKey);
}

/** @param {string} word */
function wordKey(word) {
  const { _TONES, _ROMAN } = constants('language.spelling');
  const letters = [...word.normalize('NFD')];
  const tones = letters.filter((c) => _TONES.includes(c)).join('');
  let rest = letters
    .filter((c) => !_TONES.includes(c))
    .join('')
    .normalize('NFC');
  rest = stripped(rest, '.').replaceAll("'", '').replaceAll('k', 'c').replace(/^0+/, '');
  return (Object.hasOwn(_ROMAN, rest) ? _ROMAN[rest] : rest) + tones;
}

/**
 * `text` with `parts` in the place of `spans`, which are in order and apart.
 *
 * @param {string} text
 * @param {Span[]} spans
 * @param {string[]} parts
 */
export function replaced(text, spans, parts) {
  for (let i = spans.length - 1; i >= 0; i--) text = text.slice(0, spans[i][0]) + parts[i] + text.slice(spans[i][1]);
  return text;
}

/**
 * The ways to write a place where `read` was read: as it was if that is the same.
 *
 * @param {string} read
 * @param {string} kind
 * @param {string} name
 * @returns {string[]}
 */
export function waysToWrite(read, kind, name) {
  if (nameKey(read) === nameKey(name)) return [read];
  const ways = [kindOf(read) + name, ...(kind ? [`${kind} ${name}`] : [])];
  return [...new Set(ways.flatMap((way) => bothTones(inCaseOf(read, way))))];
}

/**
 * `text` in capitals or in lower case if all of `read` is.
 *
 * @param {string} read
 * @param {string} text
 */
export function inCaseOf(read, text) {
  const [upper, lower] = [read.toUpperCase(), read.toLowerCase()];
  if ((read.match(/\p{L}/gu) || []).length <= 3 || upper === lower) return text;
  return read === upper ? text.toUpperCase() : read === lower ? text.toLowerCase() : text;
}

/**
 * `text`, and with ``Hoà`` for ``Hòa`` or the other way round where it has such a syllable.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function bothTones(text) {
  const { _TONES } = constants('language.spelling');
  const moved = text.replace(pattern('_OA', 'giu'), (match, second) => {
    const letters = [...match].map((c) => c.normalize('NFD'));
    const tone = [...letters.join('')].find((c) => _TONES.includes(c)) || '';
    const plain = letters.map((c) => c.replace(tone, ''));
    plain[second ? 0 : 1] += tone;
    return plain.join('').normalize('NFC');
  });
  return [...new Set([text, moved])];
}

/**
 * @param {string} text
 * @param {string} characters - to be taken off both ends
 */
export function stripped(text, characters) {
  let [start, end] = [0, text.length];
  while (start < end && characters.includes(text[start])) start++;
  while (end > start && characters.includes(text[end - 1])) end--;
  return text.slice(start, end);
}
