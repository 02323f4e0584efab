/** Numbers and white space as Python writes and knows them: files of the page equal those of `chuviet read`. */

/**
 * Rounds to the nearest integer, halves to the even one.
 * @param {number} value
 */
export function rint(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/**
 * A number with `digits` digits behind the point, exact halves to the even digit.
 * @param {number} value
 * @param {number} digits
 */
export function fixed(value, digits) {
  const exact = Math.abs(value).toFixed(Math.min(digits + 60, 100)); // a double of moderate size has no more digits
  const cut = exact.length - Math.min(60, 100 - digits);
  const rest = exact.slice(cut);
  const kept = exact.slice(0, cut).replace(/\.$/, '');
  const isHalf = /^50*$/.test(rest);
  const lastIsEven = Number(kept.at(-1)) % 2 === 0;
  const text = isHalf && lastIsEven ? kept : Math.abs(value).toFixed(digits);
  return value < 0 || Object.is(value, -0) ? `-${text}` : text;
}

/**
 * A floating-point number: `12.0`, `0.5`.
 * @param {number} value finite, 0 or of a size between 0.0001 and 1e16
 */
export function float(value) {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACES = new RegExp(`[${SPACE}]+`);

/**
 * The words of a text, whatever white space lies between them.
 * @param {string} text
 */
export function split(text) {
  return text.split(SPACES).filter((word) => word);
}

/** What Python's `\s` is, for regular expressions. */
export const SPACE_CLASS = `[${SPACE}]`;
