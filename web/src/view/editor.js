/** Corrects one line: the line as it stands on the picture, its text to type in, and what was read. */

import { h } from '../dom.js';
import { t } from '../i18n.js';

/** @typedef {import('../types.js').Line} Line */
/** @typedef {import('../types.js').Page} Page */

/** The height of a line that is cut out, in pixels of the screen; a long one goes on in further rows, so many at most. */
const HEIGHT = 52;
const MOST_ROWS = 3;
/** A line is rather made so much smaller than cut into one more row. */
const SHRINK = 0.75;
/** Between them, in pixels of the screen. */
const ROW_GAP = 4;

/**
 * @typedef {object} EditorOptions
 * @property {number} number of the line, from 0
 * @property {Line} line as it is now
 * @property {Line} read as it was read
 * @property {Page} page
 * @property {CanvasImageSource | null} pixels the picture of the page
 * @property {number} room how wide a picture of the line may be, in pixels of the screen
 * @property {(text: string | null, next: number | null) => void} onClose with the text to keep, null for none, and the
 *   line that is to be corrected next
 */

export class LineEditor {
  #isClosed = false;

  /** @param {EditorOptions} options */
  constructor(options) {
    this.options = options;
    const { number, line, read } = options;
    this.input = h('textarea', {
      class: 'edit-input',
      rows: 1,
      lang: 'vi',
      spellcheck: 'false',
      autocomplete: 'off',
      autocapitalize: 'off',
      enterkeyhint: 'done',
      'aria-label': t('editLabel', { number: number + 1 }),
      oninput: () => this.#grow(),
    });
    this.input.value = line.text;
    this.element = h(
      'div',
      {
        class: 'editor',
        role: 'group',
        'aria-label': t('editLabel', { number: number + 1 }),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
        onfocusout: (/** @type {FocusEvent} */ event) => this.#onLeave(event),
      },
      this.#crop(),
      this.input,
      h(
        'div',
        { class: 'edit-row' },
        h('button', { type: 'button', class: 'primary small', onclick: () => this.save() }, t('editSave')),
        h('button', { type: 'button', class: 'small', onclick: () => this.#close(null, null) }, t('editCancel')),
        h('span', { class: 'hint' }, t('confidence', { value: Math.round(100 * read.confidence) })),
        h('span', { class: 'hint keys' }, t('editHelp')),
      ),
      line.text === read.text ? null : this.#reading(t('editRead'), read.text),
      read.raw_text === read.text ? null : this.#reading(t('editRaw'), read.raw_text),
    );
  }

  /** To be called once the element stands on the page. */
  start() {
    this.#grow();
    this.input.focus();
    const end = this.input.value.length;
    this.input.setSelectionRange(end, end);
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** All of the text is seen. */
  #grow() {
    this.input.style.height = 'auto';
    this.input.style.height = `${this.input.scrollHeight + 2}px`;
  }

  /** @param {number | null} next the line that is to be corrected then */
  save(next = null) {
    this.#close(this.input.value, next);
  }

  /**
   * @param {string | null} text
   * @param {number | null} next
   */
  #close(text, next) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.options.onClose(text === null ? null : text.split(/\s+/).filter(Boolean).join(' ').normalize('NFC'), next);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return; // a Vietnamese keyboard is in the middle of a letter
    const { number, page } = this.options;
    const isInput = event.target === this.input;
    const next = event.shiftKey ? number - 1 : number + 1;
    if (event.key === 'Escape') this.#close(null, null);
    else if (event.key === 'Enter' && isInput) this.save();
    else if (event.key === 'Tab' && isInput && next >= 0 && next < page.lines.length) this.save(next);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Who leaves the editor has not cancelled: what was typed is kept. @param {FocusEvent} event */
  #onLeave(event) {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (to && !this.element.contains(to)) this.save();
  }

  /**
   * Another reading of the line, and a button that takes it.
   * @param {string} label
   * @param {string} text
   */
  #reading(label, text) {
    const take = () => {
      this.input.value = text;
      this.#grow();
      this.input.focus();
    };
    return h(
      'div',
      { class: 'reading' },
      h('span', { class: 'hint' }, label),
      h('span', { class: 'reading-text', lang: 'vi' }, text),
      h(
        'button',
        { type: 'button', class: 'quiet small', onclick: take, 'aria-label': `${t('editTake')}: ${text}` },
        t('editTake'),
      ),
    );
  }

  /** The line, cut out of the picture and turned upright; in several rows where it is longer than the screen is wide. */
  #crop() {
    const { pixels, read, page, room } = this.options;
    const axes = axesOf(read);
    if (!pixels || !axes) return null;
    const { width, height, inverse, start } = axes;
    const border = 0.2 * height;
    const density = Math.max(devicePixelRatio, 1);
    const zoom = Math.min(HEIGHT / (height + 2 * border), (MOST_ROWS * room) / (width + 2 * border));
    const rows = rowsOf(read, -border, width + border, room / (SHRINK * zoom));
    const scale = Math.min(zoom, ...rows.map(([from, to]) => room / (to - from))) * density;
    const rowHeight = Math.ceil((height + 2 * border) * scale);
    const canvas = h('canvas', { class: 'crop', role: 'img', 'aria-label': t('editCrop') });
    canvas.width = Math.ceil(Math.max(...rows.map(([from, to]) => to - from)) * scale);
    canvas.height = (rowHeight + ROW_GAP * density) * rows.length - ROW_GAP * density;
    canvas.style.width = `${canvas.width / density}px`;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const [m11, m12, m21, m22] = inverse.map((value) => value * scale);
    rows.forEach(([from, to], row) => {
      const top = row * (rowHeight + ROW_GAP * density);
      context.save();
      context.beginPath();
      context.rect(0, top, (to - from) * scale, rowHeight);
      context.clip();
      const x = -from * scale - (m11 * start[0] + m21 * start[1]);
      const y = top + border * scale - (m12 * start[0] + m22 * start[1]);
      context.setTransform(m11, m12, m21, m22, x, y);
      context.drawImage(pixels, 0, 0, page.width, page.height);
      context.restore();
    });
    return canvas;
  }
}

/**
 * The axes of a line, along its letters and down: its size, where it starts, and the matrix (by columns) that takes
 * pixels of the page to places along and down. Null for a line without an area.
 * @param {Line} line
 */
function axesOf({ points: [a, b, , d] }) {
  const [width, height] = [Math.hypot(b[0] - a[0], b[1] - a[1]), Math.hypot(d[0] - a[0], d[1] - a[1])];
  const [ux, uy, vx, vy] = [
    (b[0] - a[0]) / width,
    (b[1] - a[1]) / width,
    (d[0] - a[0]) / height,
    (d[1] - a[1]) / height,
  ];
  const area = ux * vy - uy * vx;
  if (!(Math.abs(area) > 0.01)) return null;
  return { width, height, start: a, along: [ux, uy], inverse: [vy / area, -uy / area, -vx / area, ux / area] };
}

/**
 * Parts of a line that are no longer than `most`, cut between words: where each starts and ends along the line.
 * @param {Line} line
 * @param {number} first
 * @param {number} last
 * @param {number} most
 * @returns {[number, number][]}
 */
function rowsOf(line, first, last, most) {
  const [[x, y]] = line.points;
  const [ux, uy] = axesOf(line)?.along ?? [1, 0];
  const along = (/** @type {import('../types.js').Point} */ point) => (point[0] - x) * ux + (point[1] - y) * uy;
  /** @type {[number, number][]} */
  const rows = [];
  let start = first;
  line.words.forEach((word, k) => {
    const previous = line.words[k - 1];
    if (!previous || along(word.points[1]) - start <= most) return;
    const cut = (along(previous.points[1]) + along(word.points[0])) / 2;
    if (cut <= start) return;
    rows.push([start, cut]);
    start = cut;
  });
  return [...rows, [start, last]];
}
