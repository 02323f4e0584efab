/**
 * The smallest rectangle around points, and what convex quads have in common: OpenCV's `minAreaRect`, `boxPoints` and
 * `intersectConvexConvex`.
 *
 * @typedef {import('../types.js').Point} Point
 * @typedef {import('../types.js').Quad} Quad
 * @typedef {{centre: Point, width: number, height: number, angle: number}} Rectangle
 *   `angle`: of the width, radians.
 */

/**
 * The corners of the convex hull, counterclockwise in mathematics' sense of y.
 *
 * @param {Point[]} points
 * @returns {Point[]}
 */
export function convexHull(points) {
  const ordered = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (/** @type {Point[]} */ side) => {
    /** @type {Point[]} */
    const hull = [];
    for (const point of side) {
      while (hull.length > 1 && turn(hull[hull.length - 2], hull[hull.length - 1], point) <= 0) hull.pop();
      hull.push(point);
    }
    hull.pop();
    return hull;
  };
  const hull = [...half(ordered), ...half(ordered.reverse())];
  return hull.length ? hull : [points[0]];
}

/**
 * @param {Point} a
 * @param {Point} b
 * @param {Point} c
 */
function turn(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/**
 * @param {Point[]} points
 * @returns {Rectangle}
 */
export function minAreaRect(points) {
  const hull = convexHull(points);
  if (hull.length === 1) return { centre: hull[0], width: 0, height: 0, angle: 0 };
  /** @type {Rectangle & {area: number}} */
  let best = { centre: [0, 0], width: 0, height: 0, angle: 0, area: Infinity };
  for (let i = 0; i < hull.length; i++) {
    const [a, b] = [hull[i], hull[(i + 1) % hull.length]];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const [u, v] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
    let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const [x, y] of hull) {
      const along = x * u + y * v;
      const across = y * u - x * v;
      left = Math.min(left, along);
      right = Math.max(right, along);
      bottom = Math.min(bottom, across);
      top = Math.max(top, across);
    }
    const area = (right - left) * (top - bottom);
    if (area < best.area * (1 - 1e-7)) {
      const [along, across] = [(left + right) / 2, (bottom + top) / 2];
      const centre = /** @type {Point} */ ([along * u - across * v, along * v + across * u]);
      best = { centre, width: right - left, height: top - bottom, angle: Math.atan2(v, u), area };
    }
  }
  return best;
}

/**
 * @param {Rectangle} rectangle
 * @returns {Quad}
 */
export function boxPoints({ centre, width, height, angle }) {
  const f = Math.fround;
  const [c, s] = [0.5 * Math.cos(angle), 0.5 * Math.sin(angle)];
  const [x, y] = centre;
  return /** @type {Quad} */ (
    [
      [-1, 1],
      [-1, -1],
      [1, -1],
      [1, 1],
    ].map(([along, down]) => [
      f(x + along * c * width - down * s * height),
      f(y + along * s * width + down * c * height),
    ])
  );
}

/**
 * The area that two convex quads have in common.
 *
 * @param {Quad} a
 * @param {Quad} b
 * @returns {number}
 */
export function commonArea(a, b) {
  const sense = areaOf(b) < 0 ? -1 : 1;
  /** @type {Point[]} */
  let left = a;
  b.forEach((start, i) => {
    const end = b[(i + 1) % b.length];
    const inside = left.map((point) => sense * turn(start, end, point));
    /** @type {Point[]} */
    const kept = [];
    left.forEach((point, k) => {
      const next = (k + 1) % left.length;
      if (inside[k] >= 0) kept.push(point);
      if (inside[k] * inside[next] < 0) {
        const share = inside[k] / (inside[k] - inside[next]);
        kept.push([point[0] + share * (left[next][0] - point[0]), point[1] + share * (left[next][1] - point[1])]);
      }
    });
    left = kept;
  });
  return Math.abs(areaOf(left));
}

/**
 * The area of a polygon, positive where it runs clockwise on the screen.
 *
 * @param {Point[]} points
 */
export function areaOf(points) {
  let area = 0;
  points.forEach(([x, y], i) => {
    const [nextX, nextY] = points[(i + 1) % points.length];
    area += x * nextY - nextX * y;
  });
  return 0.5 * area;
}
