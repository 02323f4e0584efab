/**
 * Searchable PDF: the picture of each page, and over it the text that was read, which can be selected and not seen.
 *
 * The twin of `src/chuviet/formats/pdf.py`, which says why each thing is as it is.
 */

import { VERSION } from '../version.js';
import {
  ASCENT,
  Codes,
  DESCENT as FONT_DESCENT,
  EM,
  STEP,
  WIDEST,
  ascii,
  fontFile,
  hex,
  join,
  utf16,
} from './glyphless.js';
import { rint } from './numbers.js';
import { DESCENT, wordsOf } from './shapes.js';

/** @typedef {import('../types.js').Page} Page */
/** @typedef {import('../types.js').Line} Line */
/** @typedef {import('../types.js').Point} Point */

/**
 * A picture as a JPEG file of three components or, if grey, one.
 * @typedef {{bytes: Uint8Array, width: number, height: number, isGrey: boolean}} Jpeg
 */

/**
 * Words that are shown together: where their baseline starts (points, y upwards), the direction of writing, the height
 * of the letters, the length of the whole, and each word with where it starts and ends from `start`.
 * @typedef {{start: Point, along: Point, height: number, length: number, words: [string, number, number][]}} Run
 */

/** The longer side of every page, in points (72 an inch): that of A4. */
const LONGER_SIDE = 842;
/** Between two words of a line there are at least so many steps of the font, a fifth of its height. */
const LEAST_SPACE = 4;
const [CATALOG, PAGES, FONT, INFO] = [1, 2, 3, 4];

/**
 * The bytes of a PDF.
 * @param {Page[]} pages
 * @param {(page: Page, number: number) => Promise<Jpeg | null>} pictureOf a page without a picture stays white
 */
export async function writePdf(pages, pictureOf) {
  const file = new PdfFile();
  const codes = new Codes();
  const kids = [];
  for (const [k, page] of pages.entries()) kids.push(await addPage(file, codes, page, await pictureOf(page, k)));
  await addFont(file, codes);
  file.object(PAGES, `<< /Type /Pages /Count ${kids.length} /Kids [${kids.map((kid) => `${kid} 0 R`).join(' ')}] >>`);
  file.object(CATALOG, `<< /Type /Catalog /Pages ${PAGES} 0 R >>`);
  file.object(INFO, `<< /Producer (chuviet ${VERSION}) >>`);
  return file.end();
}

/** Objects, one after the other, and where each of them starts. */
class PdfFile {
  /** @type {Uint8Array[]} */
  #parts = [];
  #size = 0;
  /** @type {Map<number, number>} */
  #offsets = new Map();
  #next = INFO + 1;

  constructor() {
    // Bytes above 127 tell those who move files that this one is not text.
    this.#add(join([ascii('%PDF-1.5\n%\xe2\xe3\xcf\xd3\n'), ascii(`%chuviet ${VERSION}\n`)]));
  }

  /** A number for an object. */
  number() {
    return this.#next++;
  }

  /**
   * @param {number} number
   * @param {string} value
   */
  object(number, value) {
    this.#offsets.set(number, this.#size);
    this.#add(ascii(`${number} 0 obj\n${value}\nendobj\n`));
  }

  /**
   * @param {number} number
   * @param {Uint8Array} data
   * @param {string} about
   */
  stream(number, data, about) {
    this.#offsets.set(number, this.#size);
    this.#add(ascii(`${number} 0 obj\n<< ${about} /Length ${data.length} >>\nstream\n`));
    this.#add(data);
    this.#add(ascii('\nendstream\nendobj\n'));
  }

  /**
   * @param {number} number
   * @param {Uint8Array} data
   * @param {string} about
   */
  async packed(number, data, about = '') {
    const stream = new Blob([/** @type {BlobPart} */ (data)]).stream().pipeThrough(new CompressionStream('deflate'));
    this.stream(number, new Uint8Array(await new Response(stream).arrayBuffer()), `/Filter /FlateDecode ${about}`);
  }

  end() {
    const start = this.#size;
    const count = this.#next;
    const rows = Array.from({ length: count - 1 }, (_, k) => {
      return `${String(this.#offsets.get(k + 1)).padStart(10, '0')} 00000 n \n`;
    });
    this.#add(ascii(`xref\n0 ${count}\n0000000000 65535 f \n${rows.join('')}`));
    const trailer = `<< /Size ${count} /Root ${CATALOG} 0 R /Info ${INFO} 0 R >>`;
    this.#add(ascii(`trailer\n${trailer}\nstartxref\n${start}\n%%EOF\n`));
    return join(this.#parts);
  }

  /** @param {Uint8Array} data */
  #add(data) {
    this.#parts.push(data);
    this.#size += data.length;
  }
}

/**
 * @param {PdfFile} file
 * @param {Codes} codes
 * @param {Page} page
 * @param {Jpeg | null} picture
 * @returns {Promise<number>} the number of its object
 */
async function addPage(file, codes, page, picture) {
  const scale = LONGER_SIDE / Math.max(page.width, page.height, 1);
  const [width, height] = [number(page.width * scale), number(page.height * scale)];
  const text = page.lines.map((line) => lineText(codes, line, scale, page.height * scale)).join('\n');
  const drawn = `${picture ? `q ${width} 0 0 ${height} 0 0 cm /Image Do Q\n` : ''}BT 3 Tr\n${text}\nET\n`;
  const [own, content] = [file.number(), file.number()];
  const image = picture ? file.number() : 0;
  const images = picture ? ` /XObject << /Image ${image} 0 R >>` : '';
  file.object(
    own,
    `<< /Type /Page /Parent ${PAGES} 0 R /MediaBox [0 0 ${width} ${height}] /Rotate ${turn(page.angle)} ` +
      `/Contents ${content} 0 R /Resources << /Font << /F ${FONT} 0 R >>${images} >> >>`,
  );
  await file.packed(content, ascii(drawn));
  if (picture) {
    file.stream(
      image,
      picture.bytes,
      '/Type /XObject /Subtype /Image ' +
        `/Width ${picture.width} /Height ${picture.height} /BitsPerComponent 8 ` +
        `/ColorSpace /Device${picture.isGrey ? 'Gray' : 'RGB'} /Filter /DCTDecode`,
    );
  }
  return own;
}

/**
 * @param {PdfFile} file
 * @param {Codes} codes
 */
async function addFont(file, codes) {
  const [inner, descriptor, font, glyphs, meaning] = Array.from({ length: 5 }, () => file.number());
  const system = '/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>';
  const name = '/BaseFont /ChuvietGlyphless';
  const data = fontFile();
  file.object(
    FONT,
    `<< /Type /Font /Subtype /Type0 ${name} /Encoding /Identity-H ` +
      `/DescendantFonts [${inner} 0 R] /ToUnicode ${meaning} 0 R >>`,
  );
  file.object(
    inner,
    `<< /Type /Font /Subtype /CIDFontType2 ${name} ${system} /W ${codes.widths()} ` +
      `/FontDescriptor ${descriptor} 0 R /CIDToGIDMap ${glyphs} 0 R >>`,
  );
  file.object(
    descriptor,
    '<< /Type /FontDescriptor /FontName /ChuvietGlyphless /Flags 5 ' +
      `/FontBBox [0 ${FONT_DESCENT} ${STEP * WIDEST} ${ASCENT}] /ItalicAngle 0 /Ascent ${ASCENT} ` +
      `/Descent ${FONT_DESCENT} /CapHeight ${ASCENT} /StemV 80 /FontFile2 ${font} 0 R >>`,
  );
  await file.packed(font, data, `/Length1 ${data.length}`);
  await file.packed(glyphs, codes.glyphNumbers());
  await file.packed(meaning, ascii(codes.toUnicode()));
}

/**
 * The operators that show a line, spaces between its words included.
 * @param {Codes} codes
 * @param {Line} line
 * @param {number} scale
 * @param {number} pageHeight in points
 */
function lineText(codes, line, scale, pageHeight) {
  return runsOf(line, scale, pageHeight)
    .map((run) => {
      const [cos, sin] = run.along;
      const matrix = [cos, sin, -sin, cos, ...run.start].map(number).join(' ');
      const operators = `/F ${number(run.height)} Tf ${matrix} Tm ${shown(codes, run)}`;
      if (!isSlanted(run)) return operators;
      // Viewers take the text from here, and its place from the run.
      const actual = utf16(run.words.map(([word]) => word).join(' '));
      return `/Span << /ActualText <FEFF${actual}> >> BDC ${operators} EMC`;
    })
    .join('\n');
}

/**
 * The operator that shows the words of a run, each character and space as wide as it is in the picture.
 * @param {Codes} codes
 * @param {Run} run
 */
function shown(codes, run) {
  const step = (run.height * STEP) / EM;
  const parts = [];
  let coded = '';
  let at = 0; // steps from the start of the run
  for (const [k, [text, start, end]] of run.words.entries()) {
    if (k) {
      const space = Math.max(rint(start / step) - at, LEAST_SPACE);
      coded += hex(codes.code(' ', Math.min(space, WIDEST)));
      if (space > WIDEST) {
        // the rest is moved over; numbers count to the left
        parts.push(`<${coded}>`, String((WIDEST - space) * STEP));
        coded = '';
      }
      at += space;
    }
    const characters = Array.from(text);
    const count = characters.length;
    const steps = Math.max(rint(end / step) - at, count);
    for (const [c, character] of characters.entries()) {
      const whole = Math.floor((steps * (c + 1)) / count) - Math.floor((steps * c) / count);
      const width = Math.min(whole, WIDEST);
      coded += hex(codes.code(character, width));
      at += width;
    }
  }
  return `[${[...parts, `<${coded}>`].join(' ')}] TJ`;
}

/**
 * A straight line as one run, one that bends as a run a word; on a page whose lower left is the origin.
 * @param {Line} line
 * @param {number} scale
 * @param {number} pageHeight
 * @returns {Run[]}
 */
function runsOf(line, scale, pageHeight) {
  /** @param {Point[]} corners @returns {Run} */
  const run = (corners) => {
    const [a, b, c, d] = corners.map(([x, y]) => /** @type {Point} */ ([x * scale, pageHeight - y * scale]));
    const [left, right] = [towards(d, a, DESCENT), towards(c, b, DESCENT)];
    const length = distance(left, right);
    /** @type {Point} */
    const along = length > 0 ? [(right[0] - left[0]) / length, (right[1] - left[1]) / length] : [1, 0];
    return { start: left, along, height: Math.max(0.5 * (distance(b, c) + distance(d, a)), 0.1), length, words: [] };
  };
  const words = wordsOf(line)
    .filter((word) => word.text)
    .map((word) => ({ text: word.text, one: run(word.points) }));
  if (line.outline) return words.map(({ text, one }) => ({ ...one, words: [[text, 0, one.length]] }));
  if (!words.length) return [];
  const whole = run(line.points);
  whole.words = words.map(({ text, one }) => {
    const start = dot([one.start[0] - whole.start[0], one.start[1] - whole.start[1]], whole.along);
    return [text, start, start + one.length * dot(one.along, whole.along)];
  });
  const first = whole.words[0][1]; // the text starts where its first word does
  whole.start = [whole.start[0] + first * whole.along[0], whole.start[1] + first * whole.along[1]];
  whole.words = whole.words.map(([text, start, end]) => [text, start - first, end - first]);
  return [whole];
}

/**
 * Whether pdftotext would take the words of a run apart.
 * @param {Run} run
 */
function isSlanted(run) {
  const slope = Math.min(Math.abs(run.along[0]), Math.abs(run.along[1]));
  const longest = Math.max(...run.words.map(([, start, end]) => end - start));
  return longest * slope > 0.4 || run.length * slope > 0.25 * run.height;
}

/**
 * By how many degrees a viewer turns the page clockwise, so that text which runs `angle` clockwise is upright.
 * @param {number} angle
 */
function turn(angle) {
  return (((rint(-angle / 90) * 90) % 360) + 360) % 360;
}

/**
 * A number as PDF has it: no exponent, no more digits than matter.
 * @param {number} value
 */
function number(value) {
  const text = value.toFixed(4).replace(/0+$/, '').replace(/\.$/, '');
  return text === '-0' ? '0' : text;
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} share
 * @returns {Point}
 */
function towards(from, to, share) {
  return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1];
}
