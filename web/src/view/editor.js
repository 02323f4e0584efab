/** Corrects one line: the line as it stands on the picture, its text to type in, and what was read. */

import { h } from '../dom.js'
import { t } from '../i18n.js'

/** @typedef {import('../types.js').Line} Line */
/** @typedef {import('../types.js').Page} Page */

/** The longest and the usual height of a line that is cut out, in pixels of the screen. */
const HEIGHT = 52

/**
 * @typedef {object} EditorOptions
 * @property {number} number of the line, from 0
 * @property {Line} line as it is now
 * @property {Line} read as it was read
 * @property {Page} page
 * @property {CanvasImageSource | null} pixels the picture of the page
 * @property {(text: string | null, next: number | null) => void} onClose with the text to keep, null for none, and the
 *   line that is to be corrected next
 */

export class LineEditor {
  #isClosed = false

  /** @param {EditorOptions} options */
  constructor(options) {
    this.options = options
    const { number, line, read } = options
    this.input = h('input', {
      type: 'text', class: 'edit-input', lang: 'vi', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off',
      'aria-label': t('editLabel', { number: number + 1 }), value: line.text,
    })
    this.element = h('div', {
      class: 'editor', role: 'group', 'aria-label': t('editLabel', { number: number + 1 }),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
      onfocusout: (/** @type {FocusEvent} */ event) => this.#onLeave(event),
    },
    this.#crop(), this.input, h('div', { class: 'edit-row' },
      h('button', { type: 'button', class: 'primary small', onclick: () => this.save() }, t('editSave')),
      h('button', { type: 'button', class: 'small', onclick: () => this.#close(null, null) }, t('editCancel')),
      h('span', { class: 'hint' }, t('confidence', { value: Math.round(100 * read.confidence) })),
      h('span', { class: 'hint keys' }, t('editHelp'))),
    line.text === read.text ? null : this.#reading(t('editRead'), read.text),
    read.raw_text === read.text ? null : this.#reading(t('editRaw'), read.raw_text))
  }

  /** To be called once the element stands on the page. */
  start() {
    this.input.focus()
    const end = this.input.value.length
    this.input.setSelectionRange(end, end)
    this.element.scrollIntoView({ block: 'nearest' })
  }

  /** @param {number | null} next the line that is to be corrected then */
  save(next = null) {
    this.#close(this.input.value, next)
  }

  /**
   * @param {string | null} text
   * @param {number | null} next
   */
  #close(text, next) {
    if (this.#isClosed) return
    this.#isClosed = true
    this.options.onClose(text === null ? null : text.split(/\s+/).filter(Boolean).join(' ').normalize('NFC'), next)
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return // a Vietnamese keyboard is in the middle of a letter
    const { number, page } = this.options
    const isInput = event.target === this.input
    const next = event.shiftKey ? number - 1 : number + 1
    if (event.key === 'Escape') this.#close(null, null)
    else if (event.key === 'Enter' && isInput) this.save()
    else if (event.key === 'Tab' && isInput && next >= 0 && next < page.lines.length) this.save(next)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  /** Who leaves the editor has not cancelled: what was typed is kept. @param {FocusEvent} event */
  #onLeave(event) {
    const to = /** @type {Node | null} */ (event.relatedTarget)
    if (to && !this.element.contains(to)) this.save()
  }

  /**
   * Another reading of the line, and a button that takes it.
   * @param {string} label
   * @param {string} text
   */
  #reading(label, text) {
    const take = () => {
      this.input.value = text
      this.input.focus()
    }
    return h('div', { class: 'reading' }, h('span', { class: 'hint' }, label), h('span', { class: 'reading-text', lang: 'vi' }, text),
      h('button', { type: 'button', class: 'quiet small', onclick: take, 'aria-label': `${t('editTake')}: ${text}` }, t('editTake')))
  }

  /** The line, cut out of the picture and turned upright. */
  #crop() {
    const { pixels, read, page } = this.options
    if (!pixels) return null
    const [a, b, c, d] = read.points
    const [width, height] = [Math.hypot(b[0] - a[0], b[1] - a[1]), Math.hypot(d[0] - a[0], d[1] - a[1])]
    if (!(width > 0 && height > 0)) return null
    const border = 0.2 * height
    const scale = (HEIGHT * Math.max(devicePixelRatio, 1)) / (height + 2 * border)
    const canvas = h('canvas', { class: 'crop', role: 'img', 'aria-label': t('editCrop') })
    canvas.width = Math.min(Math.ceil((width + 2 * border) * scale), 4096)
    canvas.height = Math.ceil((height + 2 * border) * scale)
    canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
    const [ux, uy, vx, vy] = [(b[0] - a[0]) / width, (b[1] - a[1]) / width, (d[0] - a[0]) / height, (d[1] - a[1]) / height]
    // Pixels of the page to those of the canvas: the inverse of the line's own axes.
    const area = ux * vy - uy * vx
    if (Math.abs(area) < 0.01 || c.some(Number.isNaN)) return null
    const [m11, m12, m21, m22] = [vy / area, -uy / area, -vx / area, ux / area].map((value) => value * scale)
    const e = border * scale - (m11 * a[0] + m21 * a[1])
    const f = border * scale - (m12 * a[0] + m22 * a[1])
    context.setTransform(m11, m12, m21, m22, e, f)
    context.drawImage(pixels, 0, 0, page.width, page.height)
    return canvas
  }
}
