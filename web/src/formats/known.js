/** All formats that the page writes. */

import { writeAlto } from './alto.js';
import { writeHocr } from './hocr.js';
import { writeJson } from './json.js';
import { writeMarkdown } from './markdown.js';
import { writePlain } from './plain.js';

export { writePdf } from './pdf.js';

/** @typedef {import('../types.js').Page} Page */

/** @type {Record<string, (pages: Page[]) => string>} */
export const TEXT_FORMATS = { txt: writePlain, md: writeMarkdown, json: writeJson, hocr: writeHocr, alto: writeAlto };

/** Ending and media type of each format, in the order in which they are offered. */
export const FORMATS = {
  txt: { ending: '.txt', type: 'text/plain;charset=utf-8' },
  pdf: { ending: '.pdf', type: 'application/pdf' },
  md: { ending: '.md', type: 'text/markdown;charset=utf-8' },
  json: { ending: '.json', type: 'application/json' },
  hocr: { ending: '.hocr', type: 'text/html;charset=utf-8' },
  alto: { ending: '.alto.xml', type: 'application/xml' },
};

/** @typedef {keyof typeof FORMATS} FormatName */
