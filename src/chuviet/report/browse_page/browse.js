/** The page: filters, the list, the chosen line, labels marked as doubtful. Texts are set as texts, never as HTML. */

import { VirtualList } from './list.js'
import { chosen, csv, ORDERS, OTHERS, STATES, unpacked } from './rows.js'

/** @typedef {import('./rows.js').Row} Row */
/** @typedef {import('./rows.js').Runs} Runs */
/** @typedef {import('./rows.js').Reading} Reading */

/**
 * @template {HTMLElement} [T=HTMLInputElement]
 * @param {string} id
 * @returns {T}
 */
const byId = (id) => /** @type {T} */ (document.getElementById(id))

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

const data = JSON.parse(byId('data').textContent ?? '')
/** @type {string[]} */
const KINDS = data.kinds
const rows = unpacked(data.rows)
const memory = `chuviet-browse-${document.querySelector('meta[name=chuviet-key]')?.getAttribute('content')}`
const marked = remembered()
/** @type {Set<number>} */
const pressed = new Set() // kinds

/** @returns {Set<string>} names of the lines that were marked before, in this file */
function remembered() {
  try {
    return new Set(JSON.parse(localStorage.getItem(memory) ?? '[]'))
  } catch {
    return new Set() // a browser that keeps nothing for files
  }
}

function remember() {
  try {
    localStorage.setItem(memory, JSON.stringify([...marked]))
  } catch {
    // as above: what is marked lasts until the page is closed
  }
}

/**
 * A text with its differences marked, seen from the label (0) or the reading (1).
 * @param {Runs} runs
 * @param {0 | 1} which
 */
function marks(runs, which) {
  return runs.map((run) => {
    if (typeof run === 'string') return run
    const shown = run[which].replaceAll(' ', '␣') || '∅'
    return element('mark', { class: which ? 'read' : 'true', title: which ? `label: ${run[0] || 'nothing'}` : `read: ${run[1] || 'nothing'}` }, shown)
  })
}

/** @param {number | null} sure */
const said = (sure) => (sure === null ? '' : sure.toFixed(2))
/** @param {number} edits */
const errors = (edits) => (edits === 1 ? '1 error' : `${edits} errors`)

/** @param {Row} row */
function picture(row) {
  if (row.image === null) return element('span', { class: 'missing' }, 'no picture')
  const image = element('img', { src: row.image, alt: '', decoding: 'async' })
  image.addEventListener('error', () => image.replaceWith(element('span', { class: 'missing' }, 'the picture cannot be shown')))
  return image
}

/** @param {Row} row */
function listed(row) {
  const facts = [errors(row.read.edits), said(row.read.sure), row.fold && `fold ${row.fold}`].filter(Boolean).join(' · ')
  const flag = marked.has(row.name) ? [element('span', { class: 'flag' }, '⚑ doubtful')] : []
  return element(
    'div', { class: 'row' }, element('div', { class: 'picture' }, picture(row)),
    element('div', { class: 'text' }, ...marks(row.read.runs, 0)), element('div', { class: 'text reading' }, ...marks(row.read.runs, 1)),
    element('div', { class: 'facts' }, facts, ...flag),
  )
}

/** @param {Row} row */
function detailed(row) {
  const readings = [row.read, ...row.members]
  const lines = readings.map((one, i) => element(
    'tr', {}, element('th', { scope: 'row' }, i ? data.members[i - 1] : 'this one'),
    element('td', { class: 'text' }, ...(one ? (i && one.reading === row.read.reading ? ['the same'] : marks(one.runs, 1)) : ['—'])),
    element('td', {}, one ? errors(one.edits) : ''), element('td', {}, said(one?.sure ?? null)),
  ))
  const label = element('tr', {}, element('th', { scope: 'row' }, 'label'), element('td', { class: 'text' }, ...marks(row.read.runs, 0)), element('td'), element('td'))
  const head = element('tr', {}, ...['read by', 'text', 'errors', 'confidence'].map((name) => element('th', { scope: 'col' }, name)))
  const doubt = element('button', { type: 'button', id: 'doubt', 'aria-pressed': String(marked.has(row.name)) }, '⚑ The label is doubtful')
  doubt.addEventListener('click', () => toggle(row))
  const kinds = KINDS.filter((_, k) => row.kinds & (1 << k)).join(', ')
  const facts = [`${row.length} characters`, row.fold && `fold ${row.fold}`, kinds].filter(Boolean).join(' · ')
  byId('line').replaceChildren(
    element('div', { class: 'picture' }, picture(row)), element('h2', {}, row.name), element('p', {}, facts), doubt,
    element('table', {}, element('thead', {}, head), element('tbody', {}, label, ...lines)),
  )
}

/** @type {VirtualList<Row>} */
const list = new VirtualList(byId('list'), byId('rows'), listed, detailed)

/**
 * Marks a label as doubtful, or takes that back.
 * @param {Row} row
 */
function toggle(row) {
  if (!marked.delete(row.name)) marked.add(row.name)
  remember()
  const byButton = document.activeElement?.id === 'doubt'
  list.renew()
  detailed(row)
  if (byButton) byId('doubt').focus()
  count()
}

/**
 * Two numbers of the form, with ends for those that are not given.
 * @param {string} least
 * @param {string} most
 * @returns {[number, number]}
 */
function between(least, most) {
  const [a, b] = [byId(least).value, byId(most).value]
  return [a === '' ? -Infinity : Number(a), b === '' ? Infinity : Number(b)]
}

function count() {
  const [all, some] = [rows.length, list.items.length].map((n) => n.toLocaleString('en-US'))
  byId('count').textContent = `${some} of ${all} lines${marked.size ? ` · ${marked.size} doubtful` : ''}`
  const button = /** @type {HTMLButtonElement} */ (byId('download'))
  button.disabled = marked.size === 0
}

function filter() {
  const stays = list.items[list.at]
  const found = chosen(rows, {
    text: byId('search').value, state: byId('state').value, fold: byId('fold').value, others: byId('others').value,
    kinds: [...pressed].reduce((bits, kind) => bits | (1 << kind), 0),
    length: between('least-length', 'most-length'), sure: between('least-sure', 'most-sure'),
  }, byId('order').value, marked)
  list.show(found, stays ? found.indexOf(stays) : 0)
  if (!found.length) byId('line').replaceChildren(element('p', {}, 'No line has all of this.'))
  count()
}

/**
 * @param {string} id
 * @param {[string, string][]} options value, text
 */
function fill(id, options) {
  byId(id).replaceChildren(...options.map(([value, text]) => element('option', { value }, text)))
}

function makeFilters() {
  fill('state', Object.entries(STATES).map(([key, [name]]) => [key, name]))
  fill('others', Object.entries(OTHERS).map(([key, [name]]) => [key, name]))
  const folds = [...new Set(rows.map((row) => row.fold))].sort()
  fill('fold', [['', 'all'], .../** @type {[string, string][]} */ (folds.map((fold) => [fold, fold]))])
  byId('fold-field').hidden = folds.length < 2
  byId('others-field').hidden = !data.members.length
  const isSure = rows.some((row) => row.read.sure !== null)
  byId('confidence-field').hidden = !isSure
  const orders = Object.entries(ORDERS).filter(([key]) => isSure || !['suspicion', 'unsure', 'sure'].includes(key))
  fill('order', orders.map(([key, [name]]) => [key, name]))
  for (const [k, name] of KINDS.entries()) {
    const lines = rows.filter((row) => row.kinds & (1 << k)).length
    if (!lines) continue
    const button = element('button', { type: 'button', 'aria-pressed': 'false' }, `${name} ${lines.toLocaleString('en-US')}`)
    button.addEventListener('click', () => {
      if (!pressed.delete(k)) pressed.add(k)
      button.setAttribute('aria-pressed', String(pressed.has(k)))
      filter()
    })
    byId('kinds').append(button)
  }
}

function download() {
  const text = csv(rows.filter((row) => marked.has(row.name)))
  const link = element('a', { href: URL.createObjectURL(new Blob([text], { type: 'text/csv' })), download: 'doubtful.csv' })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

function listenForTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark'
  const name = () => (byId('theme').textContent = isDark() ? 'Light' : 'Dark')
  byId('theme').addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark'
    name()
  })
  dark.addEventListener('change', name)
  name()
}

function listen() {
  const form = byId('filters')
  form.addEventListener('input', filter)
  form.addEventListener('submit', (event) => event.preventDefault())
  form.addEventListener('reset', () => {
    pressed.clear()
    for (const button of byId('kinds').children) button.setAttribute('aria-pressed', 'false')
    setTimeout(filter) // after the fields have been emptied
  })
  byId('download').addEventListener('click', download)
  document.addEventListener('keydown', (event) => {
    const types = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
    if (event.key === 'Escape') byId('list').focus({ preventScroll: true })
    else if (event.key === '/' && !types) {
      event.preventDefault()
      byId('search').focus()
    }
  })
  byId('list').addEventListener('keydown', (event) => {
    if (event.key !== ' ' || !list.items.length) return
    event.preventDefault()
    toggle(list.items[list.at])
  })
}

makeFilters()
listen()
listenForTheme()
filter()
byId('list').focus({ preventScroll: true })
