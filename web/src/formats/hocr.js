/** hOCR 1.2 (http://kba.github.io/hocr-spec/1.2/): XHTML whose classes and titles say where each text is. */

import { VERSION } from '../version.js';
import { fixed } from './numbers.js';
import { angleOf, around, baselineOf, boxOf, linesOf, outlineOf, wordsOf } from './shapes.js';
import { attributes, degrees, text } from './xml.js';

/** @typedef {import('../types.js').Page} Page */
/** @typedef {import('../types.js').Block} Block */
/** @typedef {import('../types.js').Line} Line */
/** @typedef {import('../types.js').Word} Word */
/** @typedef {import('../types.js').Point} Point */

const HEAD = `\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
 <head>
  <title></title>
  <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
  <meta name="ocr-system" content="chuviet ${VERSION}"/>
  <meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_par ocr_line ocrx_word"/>
 </head>
 <body>
`;

/**
 * Pages, blocks (`ocr_carea`, one `ocr_par` each), lines and words.
 * @param {Page[]} pages
 */
export function writeHocr(pages) {
  return `${HEAD}${pages.map((page, k) => pageText(page, k + 1)).join('')} </body>\n</html>\n`;
}

/**
 * @param {Page} page
 * @param {number} number from 1
 */
function pageText(page, number) {
  const image = page.name.replace(/\\/g, '\\\\').replace(/"/g, '\\"');
  const title = `image "${image}"; bbox 0 0 ${page.width} ${page.height}; ppageno ${number - 1}`;
  const blocks = page.blocks.map((block, b) => blockText(page, block, `${number}_${b + 1}`)).join('');
  return `  <div class="ocr_page"${attributes({ id: `page_${number}`, title })}>\n${blocks}  </div>\n`;
}

/**
 * @param {Page} page
 * @param {Block} block
 * @param {string} at
 */
function blockText(page, block, at) {
  const lines = linesOf(page, block);
  const title = box(around(lines), page);
  const inside = lines.map((line, l) => lineText(page, line, `${at}_${l + 1}`)).join('');
  const area = attributes({ id: `block_${at}`, title });
  const paragraph = attributes({ id: `par_${at}`, title });
  return `   <div class="ocr_carea"${area}>\n    <p class="ocr_par"${paragraph}>\n${inside}    </p>\n   </div>\n`;
}

/**
 * @param {Page} page
 * @param {Line} line
 * @param {string} at
 */
function lineText(page, line, at) {
  const words = wordsOf(line)
    .map((word, w) => wordText(page, word, `${at}_${w + 1}`))
    .join(' ');
  const title = `${box(outlineOf(line), page)}; ${slope(page, line)}; x_wconf ${fixed(100 * line.confidence, 0)}`;
  return `     <span class="ocr_line"${attributes({ id: `line_${at}`, title })}>${words}</span>\n`;
}

/**
 * @param {Page} page
 * @param {Word} word
 * @param {string} at
 */
function wordText(page, word, at) {
  const title = `${box(word.points, page)}; x_wconf ${fixed(100 * word.confidence, 0)}`;
  return `<span class="ocrx_word"${attributes({ id: `word_${at}`, title })}>${text(word.text)}</span>`;
}

/**
 * @param {Point[]} points
 * @param {Page} page
 */
function box(points, page) {
  return `bbox ${boxOf(points, page).join(' ')}`;
}

/**
 * The baseline, from the lower left of the line's box; of text that runs up or down the angle.
 * @param {Page} page
 * @param {Line} line
 */
function slope(page, line) {
  const angle = angleOf(line.points);
  if (Math.abs(angle) > 45) return `textangle ${degrees((-angle + 360) % 360)}`;
  const points = baselineOf(line);
  const [left, , , bottom] = boxOf(outlineOf(line), page);
  const [[x0, y0], [x1, y1]] = [points[0], /** @type {Point} */ (points.at(-1))];
  const rise = x1 > x0 ? (y1 - y0) / (x1 - x0) : 0;
  return `baseline ${fixed(rise, 4)} ${fixed(y0 + rise * (left - x0) - bottom, 1)}`;
}
