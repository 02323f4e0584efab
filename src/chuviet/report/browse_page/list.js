/** A list of any length, of which only the rows that are seen exist. */

const SPARE = 6 // rows made above and below those that are seen

/** @template T */
export class VirtualList {
  /**
   * @param {HTMLElement} box what scrolls, a listbox
   * @param {HTMLElement} inner in it, as high as all rows
   * @param {(item: T) => HTMLElement} make a row; it is placed, numbered and selected here
   * @param {(item: T) => void} choose called for the row that becomes the chosen one
   */
  constructor(box, inner, make, choose) {
    this.box = box
    this.inner = inner
    this.make = make
    this.choose = choose
    /** @type {T[]} */
    this.items = []
    this.at = -1
    /** @type {Map<number, HTMLElement>} */
    this.made = new Map()
    this.height = 1
    let waits = false
    const later = () => {
      if (!waits) requestAnimationFrame(() => { waits = false; this.draw() })
      waits = true
    }
    box.addEventListener('scroll', later, { passive: true })
    new ResizeObserver(later).observe(box)
    box.addEventListener('keydown', (event) => this.#key(event))
    box.addEventListener('click', (event) => {
      const row = /** @type {Element} */ (event.target).closest('[data-at]')
      if (row instanceof HTMLElement) this.go(Number(row.dataset.at))
    })
  }

  /**
   * Other items, and the one of them that is chosen.
   * @param {T[]} items
   * @param {number} at
   */
  show(items, at) {
    this.items = items
    this.height = Number.parseFloat(getComputedStyle(this.inner).getPropertyValue('--row')) || 1
    this.inner.style.height = `${items.length * this.height}px`
    this.renew()
    this.at = -1
    if (items.length) this.go(Math.min(Math.max(at, 0), items.length - 1))
    else this.box.removeAttribute('aria-activedescendant')
  }

  /** Makes the rows anew: what they show has changed. */
  renew() {
    for (const row of this.made.values()) row.remove()
    this.made.clear()
    this.draw()
  }

  /**
   * Chooses a row, and scrolls until it is seen.
   * @param {number} at
   */
  go(at) {
    const last = this.items.length - 1
    if (last < 0) return
    const to = Math.min(Math.max(at, 0), last)
    const changed = to !== this.at
    this.at = to
    const { height, box } = this
    if (to * height < box.scrollTop) box.scrollTop = to * height
    else if ((to + 1) * height > box.scrollTop + box.clientHeight) box.scrollTop = (to + 1) * height - box.clientHeight
    this.draw()
    if (changed) this.choose(this.items[to])
  }

  /** Brings the rows into being that are seen, and removes the others. */
  draw() {
    const { height, box, items } = this
    const first = Math.max(Math.floor(box.scrollTop / height) - SPARE, 0)
    const end = Math.min(Math.ceil((box.scrollTop + box.clientHeight) / height) + SPARE, items.length)
    for (const [at, row] of this.made) {
      if (at < first || at >= end) {
        row.remove()
        this.made.delete(at)
      }
    }
    for (let at = first; at < end; at++) {
      if (!this.made.has(at)) this.#place(at)
      this.made.get(at)?.setAttribute('aria-selected', String(at === this.at))
    }
    if (this.made.has(this.at)) box.setAttribute('aria-activedescendant', `row-${this.at}`)
    else box.removeAttribute('aria-activedescendant')
  }

  /** @param {number} at */
  #place(at) {
    const row = this.make(this.items[at])
    row.id = `row-${at}`
    row.dataset.at = String(at)
    row.style.top = `${at * this.height}px`
    row.setAttribute('role', 'option')
    row.setAttribute('aria-setsize', String(this.items.length))
    row.setAttribute('aria-posinset', String(at + 1))
    this.inner.append(row)
    this.made.set(at, row)
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const page = Math.max(Math.floor(this.box.clientHeight / this.height) - 1, 1)
    /** @type {Record<string, number>} */
    const to = {
      ArrowUp: this.at - 1, ArrowDown: this.at + 1, PageUp: this.at - page, PageDown: this.at + page, Home: 0, End: this.items.length - 1,
    }
    if (!(event.key in to)) return
    event.preventDefault()
    this.go(to[event.key])
  }
}
