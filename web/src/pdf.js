/** Pages of PDFs as pictures, by pdf.js. A file of its own, which is loaded when the first PDF comes; local mode alone. */

import { GlobalWorkerOptions, getDocument } from 'pdfjs-dist';

GlobalWorkerOptions.workerSrc = new URL(/* @vite-ignore */ 'pdf.worker.js', import.meta.url).href;

/** Dots per inch, and the most pixels of a page, as `chuviet read` has them. */
const DPI = 200;
const MOST_PIXELS = 16_000_000;

/**
 * Opens a PDF.
 * @param {Blob} file
 */
export async function openPdf(file) {
  const task = getDocument({ data: new Uint8Array(await file.arrayBuffer()), disableFontFace: false });
  const document = await task.promise;
  return {
    count: document.numPages,
    /** @param {number} index from 0 @returns {Promise<Blob>} a PNG */
    async draw(index) {
      const page = await document.getPage(index + 1);
      const size = page.getViewport({ scale: 1 });
      const scale = Math.min(DPI / 72, Math.sqrt(MOST_PIXELS / (size.width * size.height)));
      const viewport = page.getViewport({ scale });
      const canvas = globalThis.document.createElement('canvas');
      canvas.width = Math.max(Math.round(viewport.width), 1);
      canvas.height = Math.max(Math.round(viewport.height), 1);
      await page.render({ canvas, viewport, background: 'white' }).promise;
      page.cleanup();
      return /** @type {Promise<Blob>} */ (
        new Promise((resolve, reject) => {
          canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
        })
      );
    },
    close() {
      task.destroy();
    },
  };
}
