/** The text of a page in reading order, line by line: doubtful words stand out, a line is corrected where it stands. */

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { gridOf } from '../formats/shapes.js';
import { LineEditor } from './editor.js';

/** @typedef {import('../types.js').Line} Line */
/** @typedef {import('../types.js').Block} Block */
/** @typedef {import('../documents.js').Sheet} Sheet */

/**
 * @typedef {object} TextEvents
 * @property {(number: number | null, options?: {stays?: boolean}) => void} point the line under the pointer; `stays`: with the focus
 * @property {(number: number, text: string) => void} correct
 * @property {() => CanvasImageSource | null} pixels the picture of the page
 */

export class TextView {
  /** @type {Sheet | null} */
  #sheet = null;
  /** @type {HTMLElement[]} */
  #lines = [];
  /** @type {LineEditor | null} */
  #editor = null;
  /** Words with a lower confidence are doubtful. */
  #threshold = 0;
  #isRaw = false;
  /** The line that Tab reaches, from 0. */
  current = 0;

  /**
   * @param {HTMLElement} element
   * @param {TextEvents} events
   */
  constructor(element, events) {
    this.element = element;
    this.events = events;
  }

  /**
   * Shows a page: its words doubtful below `threshold` (0 to 1), or the raw reading.
   * @param {Sheet | null} sheet
   * @param {{threshold: number, isRaw: boolean}} options
   */
  show(sheet, { threshold, isRaw }) {
    const hadFocus = this.element.contains(document.activeElement);
    if (sheet !== this.#sheet) this.current = 0;
    this.#editor = null;
    this.#sheet = sheet;
    this.#threshold = threshold;
    this.#isRaw = isRaw;
    this.#lines = sheet ? sheet.page.lines.map((_, number) => this.#lineElement(number)) : [];
    const blocks = sheet ? sheet.page.blocks.map((block) => this.#blockElement(block)) : [];
    if (sheet && !this.#lines.length) blocks.push(h('p', { class: 'empty' }, t('noText')));
    this.element.replaceChildren(...blocks);
    if (hadFocus) this.focus(this.current);
  }

  /**
   * Makes a line stand out; with `scroll` it is brought into view.
   * @param {number | null} number
   * @param {{scroll?: boolean}} options
   */
  highlight(number, { scroll = false } = {}) {
    this.#lines.forEach((line, k) => line.classList.toggle('active', k === number));
    if (scroll && number !== null) this.#lines[number]?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {number} number */
  focus(number) {
    const line = this.#lines[number];
    if (!line) return;
    this.#rove(number);
    line.focus();
  }

  /**
   * Starts to correct a line.
   * @param {number} number
   */
  edit(number) {
    const line = this.#sheet?.page.lines[number];
    if (!line || !this.#sheet) return;
    this.#editor?.save();
    const sheet = /** @type {Sheet} */ (this.#sheet);
    this.#rove(number);
    const editor = new LineEditor({
      number,
      line: sheet.page.lines[number],
      read: sheet.read[number],
      page: sheet.page,
      pixels: this.events.pixels(),
      room: Math.max(this.#lines[number].clientWidth - 24, 120),
      onClose: (text, next) => this.#closeEditor(number, text, next),
    });
    this.#editor = editor;
    this.#lines[number].classList.add('editing');
    this.#lines[number].after(editor.element);
    editor.start();
    this.events.point(number, { stays: true });
  }

  /**
   * Replaces the element of a line after its text changed.
   * @param {number} number
   */
  renew(number) {
    const fresh = this.#lineElement(number);
    const old = this.#lines[number];
    this.#lines[number] = fresh;
    fresh.tabIndex = old.tabIndex;
    old.replaceWith(fresh);
  }

  /**
   * @param {number} number
   * @param {string | null} text null: nothing changes
   * @param {number | null} next the line that is corrected then; null: none
   */
  #closeEditor(number, text, next) {
    const editor = this.#editor;
    const hadFocus = editor?.element.contains(document.activeElement);
    this.#editor = null;
    editor?.element.remove();
    this.#lines[number].classList.remove('editing');
    if (text !== null && text !== this.#sheet?.page.lines[number].text) this.events.correct(number, text);
    if (next !== null && this.#lines[next]) this.edit(next);
    else if (hadFocus) this.focus(number);
  }

  /** @param {Block} block */
  #blockElement(block) {
    const lines = block.lines.map((number) => this.#lines[number]);
    const grid = gridOf(block, lines);
    if (grid) {
      const rows = grid.map((row) => h('tr', {}, ...row.map((cell) => h('td', {}, ...cell))));
      return h('div', { class: 'block of-table' }, h('table', {}, h('tbody', {}, ...rows)));
    }
    return h('div', { class: `block of-${block.kind}` }, ...lines);
  }

  /** @param {number} number */
  #lineElement(number) {
    const line = /** @type {Sheet} */ (this.#sheet).page.lines[number];
    const words = this.#isRaw ? rawWords(line) : this.#words(line);
    const element = h(
      'div',
      {
        class: line.corrected ? 'line corrected' : 'line',
        role: 'button',
        tabindex: number === this.current ? '0' : '-1',
        'aria-label': this.#nameOf(line, number),
        onpointerenter: (/** @type {PointerEvent} */ event) =>
          event.pointerType === 'mouse' && this.events.point(number),
        onpointerleave: (/** @type {PointerEvent} */ event) => event.pointerType === 'mouse' && this.events.point(null),
        onfocus: () => {
          this.#rove(number);
          this.events.point(number, { stays: true });
        },
        onclick: () => document.getSelection()?.isCollapsed !== false && this.edit(number),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event, number),
      },
      ...words,
    );
    if (line.corrected && !this.#isRaw) element.append(h('span', { class: 'pen' }, icon('corrected')));
    return element;
  }

  /**
   * @param {Line} line
   * @returns {(Node | string)[]}
   */
  #words(line) {
    if (!line.words.length) return [line.text || h('span', { class: 'nothing' }, t('lineEmpty'))];
    return line.words.flatMap((word, k) => {
      const space = k ? ' ' : '';
      if (word.confidence >= this.#threshold) return [space + word.text];
      const degree = word.confidence < this.#threshold / 2 ? 'doubtful very' : 'doubtful';
      return [space, h('mark', { class: degree }, word.text)];
    });
  }

  /**
   * @param {Line} line
   * @param {number} number
   */
  #nameOf(line, number) {
    const text = this.#isRaw ? line.raw_text : line.text;
    const doubtful = line.words.filter((word) => word.confidence < this.#threshold).map((word) => word.text);
    const parts = [`${t('lineButton', { number: number + 1, text: text || t('lineEmpty') })}.`];
    if (doubtful.length && !this.#isRaw) parts.push(t('lineDoubts', { words: doubtful.join(', ') }));
    if (line.corrected) parts.push(t('lineCorrected'));
    return parts.join(' ');
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} number
   */
  #onKey(event, number) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.#lines.length - 1;
    const to = { ArrowDown: number + 1, ArrowUp: number - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) this.focus(Math.min(Math.max(to, 0), last));
    else if (event.key === 'Enter' || event.key === 'F2' || event.key === ' ') this.edit(number);
    else return;
    event.preventDefault();
  }

  /** @param {number} number */
  #rove(number) {
    this.current = number;
    this.#lines.forEach((line, k) => (line.tabIndex = k === number ? 0 : -1));
  }
}

/**
 * The raw reading of a line, words that the text has not marked.
 * @param {Line} line
 */
function rawWords(line) {
  const kept = new Set(line.text.split(' '));
  return line.raw_text.split(' ').flatMap((word, k) => {
    return [k ? ' ' : '', kept.has(word) ? word : h('span', { class: 'differs' }, word)];
  });
}
