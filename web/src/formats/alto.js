/** ALTO 4 (https://www.loc.gov/standards/alto/): places in pixels, words with their confidence. */

import { VERSION } from '../version.js';
import { fixed } from './numbers.js';
import { angleOf, around, baselineOf, boxOf, linesOf, outlineOf, pointsOf, wordsOf } from './shapes.js';
import { attributes, degrees, pairs, text } from './xml.js';

/** @typedef {import('../types.js').Page} Page */
/** @typedef {import('../types.js').Block} Block */
/** @typedef {import('../types.js').Line} Line */
/** @typedef {import('../types.js').Word} Word */
/** @typedef {import('../types.js').Point} Point */

const NAMESPACE = 'http://www.loc.gov/standards/alto/ns-v4#';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/**
 * Blocks, lines and words. A table is a `ComposedBlock` of type `table` with a block a cell; titles and forms are
 * tagged.
 * @param {Page[]} pages
 * @param {Date} now
 */
export function writeAlto(pages, now = new Date()) {
  return `${head(pages, now)}${pages.map((page, k) => pageText(page, k + 1)).join('')} </Layout>\n</alto>\n`;
}

/**
 * @param {Page[]} pages
 * @param {Date} now
 */
function head(pages, now) {
  return `\
<?xml version="1.0" encoding="UTF-8"?>
<!-- written by chuviet ${VERSION} -->
<alto xmlns="${NAMESPACE}" xmlns:xsi="${XSI}" xsi:schemaLocation="${NAMESPACE} http://www.loc.gov/standards/alto/v4/alto-4-2.xsd">
 <Description>
  <MeasurementUnit>pixel</MeasurementUnit>
${source(pages)}  <Processing ID="reading">
   <processingDateTime>${now.toISOString().replace(/\.\d+Z$/, '+00:00')}</processingDateTime>
   <processingSoftware>
    <softwareName>chuviet</softwareName>
    <softwareVersion>${VERSION}</softwareVersion>
   </processingSoftware>
  </Processing>
 </Description>
 <Tags>
  <LayoutTag ID="title" TYPE="block" LABEL="title"/>
  <LayoutTag ID="form" TYPE="block" LABEL="form"/>
 </Tags>
 <Layout>
`;
}

/** @param {Page[]} pages */
function source(pages) {
  const tag = pages.length === 1 ? 'fileName' : 'fileIdentifier';
  const entries = pages.map((page) => `   <${tag}>${text(page.name)}</${tag}>\n`).join('');
  return entries && `  <sourceImageInformation>\n${entries}  </sourceImageInformation>\n`;
}

/**
 * @param {Page} page
 * @param {number} number from 1
 */
function pageText(page, number) {
  const size = attributes({ WIDTH: page.width, HEIGHT: page.height });
  const blocks = page.blocks.map((block, b) => blockText(page, block, `${number}_${b + 1}`)).join('');
  return (
    `  <Page ID="page_${number}" PHYSICAL_IMG_NR="${number}"${size}>\n` +
    `   <PrintSpace HPOS="0" VPOS="0"${size}>\n${blocks}   </PrintSpace>\n  </Page>\n`
  );
}

/**
 * @param {Page} page
 * @param {Block} block
 * @param {string} at
 */
function blockText(page, block, at) {
  const lines = linesOf(page, block);
  if (!block.cells) {
    return textBlock(page, lines, at, block.kind === 'title' || block.kind === 'form' ? block.kind : null);
  }
  /** @type {Map<string, Line[]>} */
  const cells = new Map();
  const order = block.cells.map((cell, k) => ({ cell, line: lines[k] })).sort((a, b) => compare(a.cell, b.cell));
  for (const { cell, line } of order) cells.set(String(cell), [...(cells.get(String(cell)) ?? []), line]);
  const inside = [...cells.values()].map((cell, k) => textBlock(page, cell, `${at}_${k + 1}`, null)).join('');
  const where = place(page, around(lines));
  return `    <ComposedBlock ID="table_${at}" TYPE="table"${where}>\n${inside}    </ComposedBlock>\n`;
}

/**
 * @param {Page} page
 * @param {Line[]} lines
 * @param {string} at
 * @param {string | null} tag
 */
function textBlock(page, lines, at, tag) {
  const turned = attributes({ TAGREFS: tag, ROTATION: degrees(-median(lines.map((line) => angleOf(line.points)))) });
  const inside = lines.map((line, l) => lineText(page, line, `${at}_${l + 1}`)).join('');
  const where = place(page, around(lines));
  return `    <TextBlock ID="block_${at}"${where}${turned}>\n${inside}    </TextBlock>\n`;
}

/**
 * @param {Page} page
 * @param {Line} line
 * @param {string} at
 */
function lineText(page, line, at) {
  const outline = outlineOf(line);
  const words = wordsOf(line);
  const shown = words.length ? words : [{ text: '', points: line.points, confidence: line.confidence }]; // the schema wants one
  const inside = shown.map((word, w) => wordText(page, word, `${at}_${w + 1}`)).join('      <SP/>\n');
  const where = place(page, outline) + attributes({ BASELINE: pairs(pointsOf(baselineOf(line), page)) });
  return `     <TextLine ID="line_${at}"${where}>\n      ${shape(page, outline)}\n${inside}     </TextLine>\n`;
}

/**
 * @param {Page} page
 * @param {Word} word
 * @param {string} at
 */
function wordText(page, word, at) {
  const confidence = fixed(Math.min(Math.max(word.confidence, 0), 1), 4);
  const content = attributes({ CONTENT: word.text, WC: confidence });
  return `      <String ID="word_${at}"${place(page, word.points)}${content}>${shape(page, word.points)}</String>\n`;
}

/**
 * @param {Page} page
 * @param {Point[]} points
 */
function place(page, points) {
  const [left, top, right, bottom] = boxOf(points, page);
  return attributes({ HPOS: left, VPOS: top, WIDTH: right - left, HEIGHT: bottom - top });
}

/**
 * @param {Page} page
 * @param {Point[]} points
 */
function shape(page, points) {
  return `<Shape><Polygon POINTS="${pairs(pointsOf(points, page))}"/></Shape>`;
}

/**
 * @param {[number, number]} a
 * @param {[number, number]} b
 */
function compare(a, b) {
  return a[0] - b[0] || a[1] - b[1];
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
