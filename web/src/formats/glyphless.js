/**
 * A font whose glyphs have no ink: text in it can be selected, copied and searched, and nothing of it is seen.
 *
 * Its glyphs differ in width alone. A code stands for a character of a width; a `ToUnicode` map says which. PDF 1.7
 * (ISO 32000-1), 9.7 and 9.10.3. The twin of `src/chuviet/formats/glyphless.py`.
 */

/** Units of an em, by which the measures below are given. */
export const EM = 1000;
export const ASCENT = 800;
export const DESCENT = -200;
/** Widths are whole steps, from one to `WIDEST` of them. */
export const STEP = 50;
export const WIDEST = 60;
const MOST_CODES = 0xffff;

/** The characters and widths that a document uses, and their codes: 1, 2, ... */
export class Codes {
  /** @type {Map<string, number>} */
  #codes = new Map();
  /** @type {{character: string, steps: number}[]} */
  #known = [];

  /**
   * When a document has used up all codes another width of the character is taken, then a space.
   * @param {string} character
   * @param {number} steps the width, 1 to `WIDEST`
   */
  code(character, steps) {
    const key = `${steps} ${character}`;
    const found = this.#codes.get(key);
    if (found) return found;
    if (this.#known.length < MOST_CODES) {
      this.#known.push({ character, steps });
      this.#codes.set(key, this.#known.length);
      return this.#known.length;
    }
    const other = this.#known.findIndex((one) => one.character === character) + 1;
    return other || this.#codes.get(`${steps}  `) || 1;
  }

  /** The array `W`: the width of each code. */
  widths() {
    return `[1 [${this.#known.map(({ steps }) => STEP * steps).join(' ')}]]`;
  }

  /** The `CIDToGIDMap`: the glyph of each code, two bytes each. Glyph k is k steps wide. */
  glyphNumbers() {
    return join([uint16(0), ...this.#known.map(({ steps }) => uint16(steps))]);
  }

  /** The CMap that says which character each code means. */
  toUnicode() {
    const pairs = this.#known.map(({ character }, k) => `<${hex(k + 1)}> <${utf16(character)}>`);
    let maps = '';
    for (let at = 0; at < pairs.length; at += 100) {
      // a block may have a hundred
      const block = pairs.slice(at, at + 100);
      maps += `${block.length} beginbfchar\n${block.join('\n')}\nendbfchar\n`;
    }
    return (
      '/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n' +
      '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n' +
      '/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n' +
      `1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n${maps}` +
      'endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n'
    );
  }
}

/**
 * A TrueType font: glyph k is k steps wide, glyph 0 (for what is missing) one step.
 *
 * An outline goes from the lower left to the upper right corner and back: it has no area, so nothing is drawn, and the
 * extent of a character. PDFium leaves out characters whose glyphs are empty.
 */
export function fontFile() {
  const widths = [STEP, ...Array.from({ length: WIDEST }, (_, k) => STEP * (k + 1))];
  const glyphs = widths.map(outline);
  const widest = Math.max(...widths);
  const ends = [...glyphs, null].map((_, k) => uint16((glyphs[0].length * k) / 2));
  const one = uint32(0x10000);
  /** @type {[string, Uint8Array][]} */
  const tables = [
    ['glyf', join(glyphs)],
    [
      'head',
      join([
        one,
        uint32(0),
        uint32(0),
        uint32(0x5f0f3cf5),
        shorts(0, EM),
        new Uint8Array(16),
        shorts(0, DESCENT, widest, ASCENT, 0, 8, 2, 0, 0),
      ]),
    ],
    ['hhea', join([one, shorts(ASCENT, DESCENT, 0, widest, 0, 0, widest, 1, 0, 0, 0, 0, 0, 0, 0, widths.length)])],
    ['hmtx', join(widths.map((width) => shorts(width, 0)))],
    ['loca', join(ends)],
    ['maxp', join([one, shorts(widths.length, 2, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0)])],
  ];
  return font(tables);
}

/**
 * A contour of two points: (0, DESCENT) and (width, ASCENT).
 * @param {number} width
 */
function outline(width) {
  const flags = Uint8Array.of(1, 1);
  return join([shorts(1, 0, DESCENT, width, ASCENT, 1, 0), flags, shorts(0, width, DESCENT, ASCENT - DESCENT)]);
}

/**
 * The tables, in the order of their tags, as one file.
 * @param {[string, Uint8Array][]} tables
 */
function font(tables) {
  const power = Math.floor(Math.log2(tables.length));
  const search = 16 << power;
  const directory = [uint32(0x10000), shorts(tables.length, search, power, 16 * tables.length - search)];
  const data = [];
  let at = 12 + 16 * tables.length;
  let headAt = 0;
  for (const [tag, table] of tables) {
    const padded = join([table, new Uint8Array((4 - (table.length % 4)) % 4)]);
    if (tag === 'head') headAt = at;
    directory.push(ascii(tag), uint32(checksum(padded)), uint32(at), uint32(table.length));
    data.push(padded);
    at += padded.length;
  }
  const whole = join([...directory, ...data]);
  whole.set(uint32(0xb1b0afba - checksum(whole)), headAt + 8); // the checksum of the whole file
  return whole;
}

/** @param {Uint8Array} table */
function checksum(table) {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  let sum = 0;
  for (let at = 0; at < table.length; at += 4) sum = (sum + view.getUint32(at)) >>> 0;
  return sum;
}

/**
 * UTF-16, big-endian, in hexadecimal digits.
 * @param {string} text
 */
export function utf16(text) {
  return Array.from({ length: text.length }, (_, k) => hex(text.charCodeAt(k)).toLowerCase()).join('');
}

/**
 * Four hexadecimal digits.
 * @param {number} value
 */
export function hex(value) {
  return value.toString(16).toUpperCase().padStart(4, '0');
}

/** @param {string} text */
export function ascii(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** @param {Uint8Array[]} parts */
export function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {number} value */
function uint16(value) {
  return Uint8Array.of((value >> 8) & 255, value & 255);
}

/** @param {number} value */
function uint32(value) {
  return Uint8Array.of((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** @param {number[]} values */
function shorts(...values) {
  return join(values.map(uint16));
}
