/** The picture of a page with a box around every line: it scrolls, zooms, and says which line is pointed at. */

import { byId, h, s } from '../dom.js';
import { t } from '../i18n.js';
import { outlineOf } from '../formats/shapes.js';
import { lightnessOf } from '../pictures.js';

/** @typedef {import('../types.js').Line} Line */
/** @typedef {import('../types.js').Point} Point */
/** @typedef {import('../documents.js').Sheet} Sheet */

/** Widths on the screen: from a fifth of what fits to so many pixels for one of the picture. */
const [LEAST, MOST] = [0.2, 6];
const STEP = 1.25;
/** Less light than this, 0 to 1, is a dark part of the picture. */
const DARK = 0.4;
/** Around the picture, in pixels. */
const MARGIN = 12;

/**
 * @typedef {object} SheetEvents
 * @property {(number: number | null, options?: {stays?: boolean}) => void} point the line under the pointer; `stays`: with the focus
 * @property {(number: number) => void} open a line that was clicked
 */

export class SheetView {
  /** @type {Sheet | null} */
  #sheet = null;
  #url = '';
  /** Pixels on the screen for one of the picture; null: as large as fits. @type {number | null} */
  #scale = null;
  /** @type {SVGPolygonElement[]} */
  #lines = [];
  /** @type {Map<number, {x: number, y: number}>} */
  #fingers = new Map();

  /**
   * @param {HTMLElement} element
   * @param {SheetEvents} events
   */
  constructor(element, events) {
    this.element = element;
    this.events = events;
    this.image = h('img', { alt: '', draggable: 'false' });
    this.doubts = s('g', { class: 'doubts' });
    this.shapes = s('g', { class: 'lines' });
    this.overlay = s('svg', { class: 'overlay', role: 'group' }, this.doubts, this.shapes);
    this.stage = h('div', { class: 'stage' }, this.image, this.overlay);
    element.append(this.stage);
    this.image.addEventListener('error', () => this.#showsPicture(false));
    this.image.addEventListener('load', () => this.#showsPicture(true));
    new ResizeObserver(() => this.#resize()).observe(element);
    this.#listen();
  }

  /**
   * Shows a page; what was zoomed stays so only on the same page.
   * @param {Sheet | null} sheet
   */
  show(sheet) {
    if (this.#sheet?.picture !== sheet?.picture) {
      URL.revokeObjectURL(this.#url);
      this.#url = sheet ? URL.createObjectURL(sheet.picture) : '';
      this.stage.classList.remove('blank');
      if (sheet) this.image.src = this.#url;
    }
    if (this.#sheet !== sheet) this.#scale = null;
    this.#sheet = sheet;
    this.shapes.replaceChildren();
    this.#lines = [];
    if (!sheet) return;
    const { page } = sheet;
    this.overlay.setAttribute('viewBox', `0 0 ${page.width} ${page.height}`);
    this.overlay.setAttribute('aria-label', t('pictureLines'));
    this.#lines = page.lines.map((line, number) => this.#shape(line, number));
    this.shapes.append(...this.#lines);
    this.#markDark();
    this.#resize();
  }

  /**
   * Marks words.
   * @param {Point[][]} places
   */
  mark(places) {
    this.doubts.replaceChildren(...places.map((points) => s('polygon', { points: points.join(' ') })));
  }

  /**
   * Makes a line stand out; with `scroll` it is brought into view.
   * @param {number | null} number
   * @param {{scroll?: boolean}} options
   */
  highlight(number, { scroll = false } = {}) {
    this.#lines.forEach((line, k) => line.classList.toggle('active', k === number));
    if (number === null || !this.#lines[number]) return;
    this.#rove(number);
    if (scroll) this.#bringIntoView(number);
  }

  /**
   * Renews the name of a line after its text changed.
   * @param {number} number
   */
  rename(number) {
    const line = this.#sheet?.page.lines[number];
    if (line) this.#lines[number]?.setAttribute('aria-label', nameOf(line, number));
  }

  /** @param {boolean} shown */
  showBoxes(shown) {
    this.overlay.classList.toggle('off', !shown);
  }

  /** @param {number} steps positive: larger */
  zoomBy(steps) {
    this.#zoomTo(this.#shownScale() * STEP ** steps);
  }

  fit() {
    this.#scale = null;
    this.#resize();
  }

  /** The picture as it is shown, to cut lines out of it; null where the browser cannot show it. */
  get pixels() {
    return this.image.complete && this.image.naturalWidth ? this.image : null;
  }

  /**
   * @param {Line} line
   * @param {number} number
   */
  #shape(line, number) {
    return s('polygon', {
      points: outlineOf(line).join(' '),
      role: 'button',
      tabindex: number ? '-1' : '0',
      'aria-label': nameOf(line, number),
      onpointerenter: (/** @type {PointerEvent} */ event) => event.pointerType === 'mouse' && this.events.point(number),
      onpointerleave: (/** @type {PointerEvent} */ event) => event.pointerType === 'mouse' && this.events.point(null),
      onfocus: () => this.events.point(number, { stays: true }),
      onclick: () => this.events.open(number),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event, number),
    });
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} number
   */
  #onKey(event, number) {
    const last = this.#lines.length - 1;
    const to = { ArrowDown: number + 1, ArrowUp: number - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) {
      this.#lines[Math.min(Math.max(to, 0), last)].focus({ preventScroll: true });
      this.#bringIntoView(Math.min(Math.max(to, 0), last));
    } else if (event.key === 'Enter' || event.key === ' ') this.events.open(number);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** One line alone can be reached by Tab. @param {number} number */
  #rove(number) {
    this.#lines.forEach((line, k) => line.setAttribute('tabindex', k === number ? '0' : '-1'));
  }

  /** @param {number} number */
  #bringIntoView(number) {
    const box = this.#lines[number].getBoundingClientRect();
    const view = this.element.getBoundingClientRect();
    const margin = 24;
    if (box.top < view.top || box.bottom > view.bottom) {
      this.element.scrollTop +=
        box.height > view.height - 2 * margin
          ? box.top - view.top - margin
          : (box.top + box.bottom) / 2 - (view.top + view.bottom) / 2;
    }
    if (box.left < view.left || box.right > view.right) this.element.scrollLeft += box.left - view.left - margin;
  }

  /** @param {boolean} shows */
  #showsPicture(shows) {
    this.stage.classList.toggle('blank', !shows);
    byId('no-picture').hidden = shows;
    this.#markDark();
  }

  /** Lines that stand on a dark part of the picture get light boxes. */
  #markDark() {
    if (!this.#sheet || !this.pixels) return;
    const { page } = this.#sheet;
    const lightness = lightnessOf(this.pixels, page, page.lines.map(outlineOf));
    this.#lines.forEach((line, k) => line.classList.toggle('dark', lightness[k] < DARK));
  }

  #fitScale() {
    const { page } = /** @type {Sheet} */ (this.#sheet);
    const width = (this.element.clientWidth - 2 * MARGIN) / page.width;
    const height = (this.element.clientHeight - 2 * MARGIN) / page.height;
    return Math.max(Math.min(width, height, MOST), 0.01);
  }

  #shownScale() {
    return this.#scale ?? this.#fitScale();
  }

  #resize() {
    if (!this.#sheet || !this.element.clientWidth) return;
    const { page } = this.#sheet;
    const scale = this.#shownScale();
    this.stage.style.width = `${page.width * scale}px`;
    this.stage.style.height = `${page.height * scale}px`;
    byId('zoom').textContent = t('percent', { value: Math.round((100 * scale) / this.#fitScale()) });
  }

  /**
   * Zooms so that what is at a place of the view (its middle, if none is named) stays there.
   * @param {number} scale
   * @param {{x: number, y: number}} [at] in pixels of the window
   */
  #zoomTo(scale, at) {
    if (!this.#sheet) return;
    const view = this.element.getBoundingClientRect();
    const { x, y } = at ?? { x: view.left + view.width / 2, y: view.top + view.height / 2 };
    const before = this.stage.getBoundingClientRect();
    const [u, v] = [(x - before.left) / before.width, (y - before.top) / before.height];
    this.#scale = Math.min(Math.max(scale, LEAST * this.#fitScale()), MOST);
    this.#resize();
    const after = this.stage.getBoundingClientRect();
    this.element.scrollLeft += after.left + u * after.width - x;
    this.element.scrollTop += after.top + v * after.height - y;
  }

  #listen() {
    const { element } = this;
    element.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '+' || event.key === '=') this.zoomBy(1);
      else if (event.key === '-') this.zoomBy(-1);
      else if (event.key === '0') this.fit();
      else return;
      event.preventDefault();
    });
    element.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey) return; // the wheel alone scrolls
        event.preventDefault();
        this.#zoomTo(this.#shownScale() * 1.002 ** -event.deltaY, event);
      },
      { passive: false },
    );
    element.addEventListener('pointerdown', (event) => this.#fingers.set(event.pointerId, point(event)));
    element.addEventListener('pointermove', (event) => this.#onMove(event));
    for (const name of /** @type {const} */ (['pointerup', 'pointercancel', 'pointerleave'])) {
      element.addEventListener(name, (event) => this.#fingers.delete(event.pointerId));
    }
  }

  /** A mouse that is pressed moves the picture; two fingers zoom it. One finger scrolls by itself. @param {PointerEvent} event */
  #onMove(event) {
    const from = this.#fingers.get(event.pointerId);
    if (!from) return;
    const to = point(event);
    const others = [...this.#fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    if (event.pointerType === 'mouse') {
      this.element.scrollLeft -= to.x - from.x;
      this.element.scrollTop -= to.y - from.y;
    } else if (others.length === 1) {
      const [other] = others;
      const ratio =
        Math.hypot(to.x - other.x, to.y - other.y) / Math.max(Math.hypot(from.x - other.x, from.y - other.y), 1);
      this.#zoomTo(this.#shownScale() * ratio, { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 });
    }
    this.#fingers.set(event.pointerId, to);
  }
}

/**
 * @param {Line} line
 * @param {number} number
 */
function nameOf(line, number) {
  return t('lineButton', { number: number + 1, text: line.text || t('lineEmpty') });
}

/** @param {PointerEvent} event */
function point(event) {
  return { x: event.clientX, y: event.clientY };
}
