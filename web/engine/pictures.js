/**
 * Image files as pictures: decoded by the browser, transparent ones laid on paper as `chuviet.inputs.arrays` does it.
 *
 * @typedef {import('./types.js').Picture} Picture
 */

const MOST_PIXELS = 100_000_000;

/**
 * @param {Blob} file
 * @returns {Promise<Picture>} red, green, blue, upright
 */
export async function decodePicture(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, {
      colorSpaceConversion: 'none',
      imageOrientation: 'from-image',
      premultiplyAlpha: 'none',
    });
  } catch {
    throw new Error('not an image that this browser can show, or a broken one');
  }
  const { width, height } = bitmap;
  if (width * height > MOST_PIXELS) throw new Error(`${width} x ${height} px: too many; scale it down first`);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser has no memory for so large an image');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return onPaper(context.getImageData(0, 0, width, height).data, width, height);
}

/**
 * Lays a picture on the paper that shows its ink: white or black.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {number} height
 * @returns {Picture}
 */
export function onPaper(rgba, width, height) {
  const pixels = width * height;
  const data = new Uint8Array(3 * pixels);
  let [least, most] = [255, 0];
  for (let i = 3; i < rgba.length; i += 4) {
    least = Math.min(least, rgba[i]);
    most = Math.max(most, rgba[i]);
  }
  const paper = least === 255 ? 255 : paperOf(rgba, most);
  for (let i = 0, k = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3];
    for (let c = 0; c < 3; c++) data[k++] = Math.floor((rgba[i + c] * alpha + paper * (255 - alpha) + 127) / 255);
  }
  return { data, width, height, channels: 3 };
}

/**
 * The level of the paper of a picture that has none of its own, or is like its own.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {number} most - of the alphas
 */
function paperOf(rgba, most) {
  const bound = Math.max(Math.floor(most / 2), 1);
  const counts = new Float64Array(256);
  let seen = 0;
  for (let i = 0; i < rgba.length; i += 4) {
    if (rgba[i + 3] < bound) continue;
    counts[(9798 * rgba[i] + 19235 * rgba[i + 1] + 3735 * rgba[i + 2] + 16384) >> 15]++;
    seen++;
  }
  if (!seen) return 255;
  const [darkest, middle, lightest] = [0.01, 0.5, 0.99].map((share) => {
    const place = share * (seen - 1);
    const [below, above] = [Math.floor(place), Math.ceil(place)].map((rank) => {
      let level = 0;
      for (let before = counts[0]; before <= rank; before += counts[level]) level++;
      return level;
    });
    return below + (above - below) * (place - Math.floor(place));
  });
  const ownPaper = (darkest < 128 && lightest >= 128) || seen > rgba.length / 8;
  return middle >= 128 === ownPaper ? 255 : 0;
}
