/** Corrected lines: the text a person wrote, with words where they stand; and the history of corrections. */

/** @typedef {import('./types.js').Line} Line */
/** @typedef {import('./types.js').Word} Word */
/** @typedef {import('./types.js').Point} Point */

/**
 * A line with another text. Words at its start and end that stay keep their places and confidences; those in between
 * share the room that is left in proportion to their letters, or take the places of as many words as there were.
 * What a person wrote has a confidence of 1.
 * @param {Line} line
 * @param {string} written
 * @returns {Line}
 */
export function corrected(line, written) {
  const text = written.split(/\s+/).filter(Boolean).join(' ').normalize('NFC');
  return { ...line, text, confidence: 1, words: wordsFor(line, text ? text.split(' ') : []), corrected: true };
}

/**
 * @param {Line} line
 * @param {string[]} texts
 * @returns {Word[]}
 */
function wordsFor(line, texts) {
  const old = line.words;
  const most = Math.min(old.length, texts.length);
  let first = 0;
  while (first < most && old[first].text === texts[first]) first++;
  let last = 0;
  while (last < most - first && old[old.length - 1 - last].text === texts[texts.length - 1 - last]) last++;
  const middle = texts.slice(first, texts.length - last);
  const places =
    old.length === texts.length
      ? old.slice(first, old.length - last).map((word) => word.points)
      : shared(room(line, first, old.length - last), middle);
  return [
    ...old.slice(0, first),
    ...middle.map((text, k) => ({ text, points: places[k], confidence: 1 })),
    ...old.slice(old.length - last),
  ];
}

/**
 * Where words `first` to `end` - 1 of a line stand; between its neighbours where there are none.
 * @param {Line} line
 * @param {number} first
 * @param {number} end
 * @returns {Point[]} four corners
 */
function room(line, first, end) {
  const [a, b, c, d] = line.points;
  const before = line.words[first - 1]?.points;
  const behind = line.words[end]?.points;
  if (first < end) {
    const [from, to] = [line.words[first].points, line.words[end - 1].points];
    return [from[0], to[1], to[2], from[3]];
  }
  return [before?.[1] ?? a, behind?.[0] ?? b, behind?.[3] ?? c, before?.[2] ?? d];
}

/**
 * The places of words that share a quadrilateral, a letter's width between them.
 * @param {Point[]} quad
 * @param {string[]} texts
 * @returns {Point[][]}
 */
function shared(quad, texts) {
  const [a, b, c, d] = quad;
  const whole = Math.max(texts.join(' ').length, 1);
  let at = 0;
  return texts.map((text) => {
    const [start, end] = [at / whole, (at + text.length) / whole];
    at += text.length + 1;
    return [between(a, b, start), between(a, b, end), between(d, c, end), between(d, c, start)];
  });
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} share
 * @returns {Point}
 */
function between(from, to, share) {
  return [tenth(from[0] + share * (to[0] - from[0])), tenth(from[1] + share * (to[1] - from[1]))];
}

/** @param {number} value */
function tenth(value) {
  return Math.round(10 * value) / 10;
}

/**
 * Corrections in the order in which they were made, to be undone and done again.
 * @template T
 */
export class History {
  /** @type {T[]} */
  #done = [];
  /** @type {T[]} */
  #undone = [];

  /** @param {T} change */
  add(change) {
    this.#done.push(change);
    this.#undone = [];
  }

  undo() {
    return move(this.#done, this.#undone);
  }

  redo() {
    return move(this.#undone, this.#done);
  }

  /** @param {(change: T) => boolean} keep */
  filter(keep) {
    this.#done = this.#done.filter(keep);
    this.#undone = this.#undone.filter(keep);
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }
}

/**
 * @template T
 * @param {T[]} from
 * @param {T[]} to
 */
function move(from, to) {
  const change = from.pop();
  if (change !== undefined) to.push(change);
  return change;
}
