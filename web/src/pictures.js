/** Pictures of pages as JPEG files, as searchable PDFs hold them. */

/** @typedef {import('./formats/pdf.js').Jpeg} Jpeg */

const QUALITY = 0.85;
/** The most pixels of a canvas that all browsers allow. */
const MOST_PIXELS = 16_000_000;

/**
 * The picture as a JPEG of its own: no place where the photo was taken, no name of a camera goes into a PDF. Null where
 * the browser cannot show it.
 * @param {Blob} picture
 * @returns {Promise<Jpeg | null>}
 */
export async function asJpeg(picture) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(picture, { imageOrientation: 'from-image' });
  } catch {
    return null;
  }
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(Math.floor(side * scale), 1));
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = 'white'; // under what is transparent
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  return blob && { bytes: new Uint8Array(await blob.arrayBuffer()), width, height, isGrey: false };
}
