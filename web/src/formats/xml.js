/** What the formats in XML share. */

import { fixed } from './numbers.js';

/** What XML 1.0 cannot hold, not even escaped. */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/**
 * A text between tags.
 * @param {string} value
 */
export function text(value) {
  return value.replace(FORBIDDEN, '\ufffd').replace(/&/g, '&amp;').replace(/>/g, '&gt;').replace(/</g, '&lt;');
}

/**
 * ` a="1" b="x"`, those that are null left out.
 * @param {Record<string, string | number | null>} values
 */
export function attributes(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== null);
  return kept.map(([key, value]) => ` ${key}=${quoted(String(value))}`).join('');
}

/**
 * An angle to a hundredth, never -0.00.
 * @param {number} value
 */
export function degrees(value) {
  const found = fixed(value, 2);
  return found === '-0.00' ? '0.00' : found;
}

/**
 * `x,y x,y`.
 * @param {number[][]} points
 */
export function pairs(points) {
  return points.map(([x, y]) => `${x},${y}`).join(' ');
}

/** @param {string} value */
function quoted(value) {
  const safe = text(value).replace(/\n/g, '&#10;').replace(/\r/g, '&#13;').replace(/\t/g, '&#9;');
  if (!safe.includes('"')) return `"${safe}"`;
  return safe.includes("'") ? `"${safe.replace(/"/g, '&quot;')}"` : `'${safe}'`;
}
