/** The page: files are read, shown beside their text, corrected and saved. */

import { App } from './app.js';
import { ReadError, localReader, serviceReader } from './reader.js';

/** @param {string} name */
function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? '';
}

/** @param {() => string} token */
function reader(token) {
  if (meta('chuviet-mode') !== 'local') return serviceReader(document.baseURI, { token });
  const worker = new Worker(new URL(meta('chuviet-worker'), document.baseURI), { type: 'module' });
  // A file of its own, beside the page, which only PDFs need.
  const openPdf = async (/** @type {Blob} */ file) => {
    const pdf = await import(/* @vite-ignore */ new URL('pdf.js', document.baseURI).href).catch(() => {
      throw new ReadError('noPdf');
    });
    return pdf.openPdf(file).catch((/** @type {Error} */ error) => {
      throw new ReadError('broken', error.message);
    });
  };
  return localReader(worker, { openPdf });
}

let token = '';
new App(
  reader(() => token),
  { useToken: (given) => (token = given) },
);
