/**
 * Pages in, text with its place out: `chuviet.reading.pages`.
 *
 * @typedef {import('../types.js').Picture} Picture
 * @typedef {import('../decode/ctc.js').Prediction} Prediction
 * @typedef {import('./detector.js').Detector} Detector
 * @typedef {import('./lines.js').LineReader} LineReader
 * @typedef {import('./joining.js').FoundLine} FoundLine
 * @typedef {import('./layout.js').Page} Page
 * @typedef {(done: number, of: number, what: string) => Promise<void>} Progress
 *   Told of every line that was read; may throw to stop.
 */

import { likelihood } from '../decode/confidence.js';
import { crop, heightOf, sideLengths } from '../geometry.js';
import { quarterTurn } from '../image/filters.js';
import { constants } from '../settings.js';
import { choose } from './choice.js';
import { cutRows } from './cutting.js';
import { halve } from './halving.js';
import { linesOf, moved } from './joining.js';
import { lineAt, pageOf } from './layout.js';
import { aligned, isFound, isLost, leanOf, levelled, readUpright, turnedBack } from './upright.js';
import { joinWideSet } from './wideSet.js';
import { joinWords, splitWords } from './words.js';

export class Reader {
  /**
   * @param {Detector} detector
   * @param {LineReader[]} readers
   */
  constructor(detector, readers) {
    this.detector = detector;
    this.readers = readers;
  }

  /**
   * The text of one page, turned by any angle, in blocks and in reading order.
   *
   * @param {Picture} image - red, green, blue
   * @param {string} name
   * @param {Progress} progress
   * @returns {Promise<Page>}
   */
  async read(image, name, progress) {
    let [found, texts] = await this.readLines(image, progress);
    if (isLost(found, texts)) {
      const [other, better] = await this.readLines(quarterTurn(image), progress);
      if (isFound(better, texts)) {
        found = other.map((line) => moved(line, turnedBack(image.width)));
        texts = better;
      }
    }
    const amongText = isTextPage(found, texts);
    const kept = found.flatMap((line, i) => {
      const text = texts[i];
      return text.text && line.score * likelihood(text) >= leastScore(text.text, amongText) ? [{ line, text }] : [];
    });
    const lines = cutRows(image, joinWideSet(kept)).map(({ line, text }) => {
      return lineAt(line.quad, text, line.score * text.confidence, line.words);
    });
    return pageOf(name, image, lines);
  }

  /**
   * The lines on an image, each from the beginning of its text, and what is read in them.
   *
   * @param {Picture} image
   * @param {Progress} progress
   */
  async readLines(image, progress) {
    await progress(0, 0, 'find');
    const found = await this.find(image);
    const textsOf = (/** @type {FoundLine[]} */ lines) => this.textsOf(image, lines, progress);
    return halve(await readUpright(found, textsOf), textsOf);
  }

  /**
   * The lines on an image; where they lean, those that are found on the image turned level.
   *
   * @param {Picture} image
   * @returns {Promise<FoundLine[]>}
   */
  async find(image) {
    const found = aligned(await this.detector.find(image));
    const lean = leanOf(found.lines.quads);
    if (!lean) return linesOf(found);
    const { level, back } = levelled(image, lean);
    return linesOf(aligned(await this.detector.find(level))).map((line) => moved(line, back));
  }

  /**
   * What is read in each line: a reader that knows single words gets those that the detector found.
   *
   * @param {Picture} image
   * @param {FoundLine[]} lines
   * @param {Progress} progress
   * @returns {Promise<Prediction[]>}
   */
  async textsOf(image, lines, progress) {
    const aspects = lines.map(({ quad }) => sideLengths(quad)[0] / Math.max(heightOf(quad), 1e-6));
    return choose(this.readers, aspects, async (reader, asked) => {
      const texts = [];
      for (const [done, i] of asked.entries()) {
        await progress(done, asked.length, 'read');
        texts.push(await readLine(reader, image, lines[i]));
      }
      return texts;
    });
  }
}

/**
 * @param {LineReader} reader
 * @param {Picture} image
 * @param {FoundLine} line
 * @returns {Promise<Prediction>}
 */
async function readLine(reader, image, { quad, words }) {
  const parts = reader.knowsWords && words ? words : [quad];
  const found = [];
  for (const part of parts) {
    const pictures = reader.knowsWords ? splitWords(crop(image, part)) : [crop(image, part)];
    const read = [];
    for (const picture of pictures) read.push(await reader.predict(picture));
    found.push(joinWords(read));
  }
  return joinWords(found);
}

/**
 * Of finding times reading: less is taken for no text.
 *
 * @param {string} text
 * @param {boolean} amongText - on a page of text
 */
export function leastScore(text, amongText = false) {
  const { _LEAST, _LEAST_OF_LONG, _LEAST_AMONG_TEXT } = constants('reading.pages');
  const size = [...text].length;
  const found = _LEAST.find((/** @type {[number, number]} */ [length]) => size < length);
  const least = found ? found[1] : _LEAST_OF_LONG;
  return amongText ? Math.min(least, _LEAST_AMONG_TEXT) : least;
}

/**
 * Whether a page has so many long texts that its short ones are no texture of a photo.
 *
 * @param {FoundLine[]} found
 * @param {Prediction[]} texts
 */
export function isTextPage(found, texts) {
  const { _MANY, _LONG, _LEAST_OF_LONG } = constants('reading.pages');
  const long = found.filter((line, i) => {
    return [...texts[i].text].length >= _LONG && line.score * likelihood(texts[i]) >= _LEAST_OF_LONG;
  });
  return long.length >= _MANY;
}
