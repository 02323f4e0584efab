/**
 * How far each pixel is from the nearest that is 0, as OpenCV's `distanceTransform` measures it with DIST_L2 and a mask
 * of 3 x 3.
 *
 * @param {Uint8Array} mask
 * @param {number} width
 * @param {number} height
 * @returns {Float32Array}
 */
export function distanceTransform(mask, width, height) {
  const ONE = 65536;
  const side = Math.round(0.955 * ONE);
  const corner = Math.round(1.3693 * ONE);
  const wide = width + 2;
  const far = 2 ** 30;
  const found = new Float64Array(wide * (height + 2)).fill(far);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y + 1) * wide + x + 1;
      const up = Math.min(found[at - wide - 1], found[at - wide + 1]) + corner;
      found[at] = mask[y * width + x] ? Math.min(up, found[at - wide] + side, found[at - 1] + side) : 0;
    }
  }
  const result = new Float32Array(width * height);
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) {
      const at = (y + 1) * wide + x + 1;
      const down = Math.min(found[at + wide - 1], found[at + wide + 1]) + corner;
      found[at] = Math.min(found[at], down, found[at + wide] + side, found[at + 1] + side);
      result[y * width + x] = found[at] / ONE;
    }
  }
  return result;
}
