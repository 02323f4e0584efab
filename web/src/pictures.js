/** Pictures of pages: as JPEG files, as searchable PDFs hold them, and how light they are. */

/** @typedef {import('./formats/pdf.js').Jpeg} Jpeg */
/** @typedef {import('./types.js').Page} Page */
/** @typedef {import('./types.js').Point} Point */

const QUALITY = 0.85;
/** The most pixels of a canvas that all browsers allow. */
const MOST_PIXELS = 16_000_000;
/** The longer side of a picture of which only the lightness is wanted. */
const SMALL = 256;

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

/**
 * How light a picture is at some places of its page, 0 (black) to 1: the mean of the box around each.
 * @param {HTMLImageElement} image
 * @param {Page} page
 * @param {Point[][]} places
 * @returns {number[]}
 */
export function lightnessOf(image, page, places) {
  const scale = Math.min(1, SMALL / Math.max(page.width, page.height));
  const [width, height] = [page.width, page.height].map((side) => Math.max(Math.round(side * scale), 1));
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = 'white'; // under what is transparent
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  /** @type {(along: number[], side: number) => [number, number]} */
  const span = (along, side) => {
    const start = Math.min(Math.max(Math.floor(Math.min(...along) * scale), 0), side - 1);
    return [start, Math.max(Math.min(Math.ceil(Math.max(...along) * scale), side), start + 1)];
  };
  return places.map((points) => {
    const [left, right] = span(
      points.map(([x]) => x),
      width,
    );
    const [top, bottom] = span(
      points.map(([, y]) => y),
      height,
    );
    let sum = 0;
    for (let y = top; y < bottom; y++)
      for (let k = 4 * (y * width + left); k < 4 * (y * width + right); k += 4)
        sum += 0.299 * data[k] + 0.587 * data[k + 1] + 0.114 * data[k + 2];
    return sum / 255 / ((bottom - top) * (right - left));
  });
}
