/** Rounding and sums as numpy and OpenCV do them. */

/**
 * The nearest whole number, of two the even one: Python's `round`, OpenCV's `cvRound`.
 *
 * @param {number} x
 * @returns {number}
 */
export function roundEven(x) {
  const low = Math.floor(x);
  const off = x - low;
  if (off !== 0.5) return off < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

/**
 * A number with so many digits behind the point, as Python's `round` gives it: the decimal that is nearest to it.
 *
 * @param {number} x
 * @param {number} digits
 * @returns {number}
 */
export function rounded(x, digits) {
  // Halfway between two decimals are odd multiples of this power of two alone; toFixed would take the larger one.
  const parts = x * 2 ** (digits + 1);
  if (Number.isInteger(parts) && parts % 2 !== 0) return roundEven(x * 10 ** digits) / 10 ** digits;
  return Number(x.toFixed(digits));
}

/**
 * @param {ArrayLike<number>} values
 * @returns {number} NaN without any
 */
export function median(values) {
  const ordered = Float64Array.from(values).sort();
  const n = ordered.length;
  return n % 2 ? ordered[(n - 1) / 2] : 0.5 * (ordered[n / 2 - 1] + ordered[n / 2]);
}

/**
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function mean(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/**
 * The sum of floats as numpy adds them: eight sums side by side, of at most 128 numbers; longer rows are halved.
 *
 * @param {Float32Array} values
 * @param {number} [start]
 * @param {number} [end]
 * @returns {number}
 */
export function pairwiseSum(values, start = 0, end = values.length) {
  const f = Math.fround;
  const n = end - start;
  if (n < 8) {
    let sum = n ? values[start] : 0;
    for (let i = start + 1; i < end; i++) sum = f(sum + values[i]);
    return sum;
  }
  if (n > 128) {
    const half = start + Math.floor(n / 2) - (Math.floor(n / 2) % 8);
    return f(pairwiseSum(values, start, half) + pairwiseSum(values, half, end));
  }
  const r = values.slice(start, start + 8);
  let i = start + 8;
  for (; i < end - (n % 8); i += 8) for (let k = 0; k < 8; k++) r[k] += values[i + k];
  let sum = f(f(f(r[0] + r[1]) + f(r[2] + r[3])) + f(f(r[4] + r[5]) + f(r[6] + r[7])));
  for (; i < end; i++) sum = f(sum + values[i]);
  return sum;
}

/**
 * The numbers 0 .. `values.length` - 1, ordered by their values, equal ones as they were.
 *
 * @param {ArrayLike<number>} values
 * @returns {number[]}
 */
export function argsort(values) {
  return Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b]);
}

/**
 * The index of the largest value, the first of equal ones.
 *
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/**
 * How many of ascending values are below a bound (with `right`: or equal to it).
 *
 * @param {ArrayLike<number>} values
 * @param {number} bound
 * @param {boolean} [right]
 * @returns {number}
 */
export function searchSorted(values, bound, right = false) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < bound || (right && values[middle] === bound)) low = middle + 1;
    else high = middle;
  }
  return low;
}
