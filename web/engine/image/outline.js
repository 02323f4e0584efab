/**
 * The outlines of regions, as OpenCV's `findContours` gives them (RETR_LIST, CHAIN_APPROX_SIMPLE), and what is inside.
 *
 * Border following: Suzuki and Abe, "Topological structural analysis of digitized binary images by border following"
 * (1985).
 *
 * @typedef {import('../types.js').Point} Point
 */

const NEW = 1; // a pixel of a region that no outline has met
const MET = 2;
const RIGHT = -2; // met, and what is right of it is outside

const ACROSS = [1, 1, 0, -1, -1, -1, 0, 1];
const DOWN = [0, -1, -1, -1, 0, 1, 1, 1];

/**
 * The outlines of all regions and of their holes: the corners of each, in order; the last that is met comes first.
 *
 * @param {Uint8Array} binary - 1 in regions, else 0
 * @param {number} width
 * @param {number} height
 * @returns {Point[][]}
 */
export function findOutlines(binary, width, height) {
  const stride = width + 2;
  const cells = new Int8Array(stride * (height + 2)); // an empty pixel on all sides
  for (let y = 0; y < height; y++) {
    cells.set(binary.subarray(y * width, (y + 1) * width), (y + 1) * stride + 1);
  }
  const steps = ACROSS.map((dx, s) => dx + DOWN[s] * stride);
  /** @type {Point[][]} */
  const found = [];
  for (let y = 0; y < height; y++) {
    let before = 0;
    const row = (y + 1) * stride;
    for (let x = 1; x <= width + 1; x++) {
      const cell = cells[row + x];
      if (cell === before) continue;
      if (before === 0 && cell === NEW) found.push(follow(cells, steps, row + x, x - 1, y, false));
      else if (cell === 0 && before >= NEW) found.push(follow(cells, steps, row + x - 1, x - 2, y, true));
      before = cells[row + x];
    }
  }
  return found.reverse();
}

/**
 * Follows a border from its first pixel, and marks what it meets.
 *
 * @param {Int8Array} cells
 * @param {number[]} steps - to the eight neighbours
 * @param {number} start
 * @param {number} x - of the start
 * @param {number} y
 * @param {boolean} isHole
 * @returns {Point[]}
 */
function follow(cells, steps, start, x, y, isHole) {
  const first = isHole ? 0 : 4;
  let direction = first;
  do direction = (direction + 7) & 7;
  while (cells[start + steps[direction]] === 0 && direction !== first);
  if (direction === first) {
    cells[start] = RIGHT;
    return [[x, y]];
  }
  /** @type {Point[]} */
  const points = [];
  const last = start + steps[direction];
  let former = direction ^ 4;
  for (let at = start; ;) {
    const from = direction;
    let turn = direction + 1;
    while (cells[at + steps[turn & 7]] === 0) turn++;
    direction = turn & 7;
    // The right side was looked at, and empty, if the search went from `from` past direction 0.
    if (direction > 0 && direction - 1 < from) cells[at] = RIGHT;
    else if (cells[at] === NEW) cells[at] = MET;
    if (direction !== former) {
      points.push([x, y]);
      former = direction;
    }
    x += ACROSS[direction];
    y += DOWN[direction];
    const next = at + steps[direction];
    if (next === start && at === last) return points;
    at = next;
    direction = (direction + 4) & 7;
  }
}

/**
 * About how many pixels are in and on an outline: its area and half of its length.
 *
 * @param {Point[]} points
 */
export function sizeOf(points) {
  let area = 0;
  let length = 0;
  for (let i = 0; i < points.length; i++) {
    const [ax, ay] = points[i];
    const [bx, by] = points[(i + 1) % points.length];
    area += ax * by - bx * ay;
    length += Math.hypot(bx - ax, by - ay);
  }
  return Math.abs(area) / 2 + length / 2;
}

/**
 * The pixels in and on an outline, from its top left on.
 *
 * @param {Point[]} points
 * @returns {{mask: Uint8Array, width: number, height: number, left: number, top: number}}
 */
export function filled(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) + 1 - left, Math.max(...ys) + 1 - top];
  const mask = new Uint8Array(width * height);
  const crossed = new Uint8Array(width * height); // 1 where the outline is crossed an odd number of times
  points.forEach(([x, y], i) => {
    const [endX, endY] = points[(i + 1) % points.length];
    const steps = Math.max(Math.abs(endX - x), Math.abs(endY - y));
    const [dx, dy] = [Math.sign(endX - x), Math.sign(endY - y)];
    for (let k = 0; k <= steps; k++) {
      const at = (y - top + k * dy) * width + x - left + k * dx;
      mask[at] = 1;
      if (dy > 0 ? k < steps : dy < 0 && k > 0) crossed[at] ^= 1;
    }
  });
  for (let y = 0; y < height; y++) {
    let inside = 0;
    for (let i = y * width; i < (y + 1) * width; i++) {
      inside ^= crossed[i];
      mask[i] |= inside;
    }
  }
  return { mask, width, height, left, top };
}
