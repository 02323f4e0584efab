/** The lines: as they come from Python, filtered, ordered, and as a CSV. Nothing here touches the page. */

/** @typedef {(string | [string, string])[]} Runs stretches that are equal, and [true, read] */
/** @typedef {{runs: Runs, reading: string, edits: number, sure: number | null}} Reading */
/**
 * @typedef {object} Row
 * @property {number} index its place in the file
 * @property {string} name
 * @property {string | null} image
 * @property {string} fold
 * @property {number} kinds bits
 * @property {string} label
 * @property {number} length
 * @property {Reading} read
 * @property {(Reading | null)[]} members
 * @property {number} rate edits by character of the label
 * @property {number} suspicion of the label: how much was read otherwise, times how surely
 * @property {string} found what a search looks at
 * @property {string} plain the same without marks
 */
/** @typedef {[string, string | null, number | null, number | null, number, Runs, ([Runs, number | null] | null)[]]} Packed */
/**
 * @typedef {object} Filter
 * @property {string} text
 * @property {string} state
 * @property {string} fold
 * @property {string} others
 * @property {number} kinds bits of which one is enough; 0 for any
 * @property {[number, number]} length
 * @property {[number, number]} sure
 */

/**
 * @param {Packed[]} packed
 * @returns {Row[]}
 */
export function unpacked(packed) {
  return packed.map(([name, image, fold, sure, kinds, runs, others], index) => {
    const label = side(runs, 0)
    const read = reading(runs, sure)
    const length = characters(label)
    const rate = read.edits / Math.max(length, 1)
    const members = others.map((one) => one && reading(...one))
    const found = [label, read.reading, name].join('\n').toLowerCase()
    return {
      index, name, image, fold: fold === null ? '' : String(fold), kinds, label, length, read, members, rate,
      suspicion: Math.min(rate, 1) * (sure ?? 0), found, plain: withoutMarks(found),
    }
  })
}

/**
 * @param {Runs} runs
 * @param {number | null} sure
 * @returns {Reading}
 */
function reading(runs, sure) {
  const wrong = runs.filter((run) => typeof run !== 'string')
  const edits = wrong.reduce((sum, [a, b]) => sum + Math.max(characters(a), characters(b)), 0)
  return { runs, reading: side(runs, 1), edits, sure }
}

/**
 * What was true (0) or read (1).
 * @param {Runs} runs
 * @param {0 | 1} which
 */
function side(runs, which) {
  return runs.map((run) => (typeof run === 'string' ? run : run[which])).join('')
}

/** @param {string} text */
function characters(text) {
  return [...text].length
}

/** @param {string} text */
function withoutMarks(text) {
  return text.normalize('NFD').replace(/\p{Mn}/gu, '').replaceAll('đ', 'd')
}

/**
 * Whether a line has what is searched for: "ha" finds "hà" and "hạ", "hà" finds "hà" alone.
 * @param {Row} row
 * @param {string} text
 */
function has(row, text) {
  const wanted = text.normalize('NFC').toLowerCase()
  return (withoutMarks(wanted) === wanted ? row.plain : row.found).includes(wanted)
}

/** @type {Record<string, [string, (row: Row, marked: Set<string>) => boolean]>} */
export const STATES = {
  all: ['all lines', () => true],
  wrong: ['read with errors', (row) => row.read.edits > 0],
  right: ['read without errors', (row) => row.read.edits === 0],
  marked: ['marked as doubtful', (row, marked) => marked.has(row.name)],
}

/** @type {Record<string, [string, (row: Row) => boolean]>} */
export const OTHERS = {
  any: ['whatever they read', () => true],
  same: ['all read the same', agreed],
  against: ['all read the same, not the label', (row) => row.read.edits > 0 && agreed(row)],
  differ: ['read different texts', (row) => !agreed(row)],
  better: ['one of them reads the label, this one not', (row) => row.read.edits > 0 && row.members.some((one) => one?.edits === 0)],
}

/** @param {Row} row */
function agreed(row) {
  return row.members.every((one) => one === null || one.reading === row.read.reading)
}

/** @type {Record<string, [string, (row: Row) => number]>} the smallest first */
export const ORDERS = {
  suspicion: ['most suspicious label first', (row) => -row.suspicion],
  edits: ['most errors first', (row) => -row.read.edits],
  rate: ['highest error rate first', (row) => -row.rate],
  unsure: ['least sure first', (row) => row.read.sure ?? 2],
  sure: ['surest first', (row) => -(row.read.sure ?? -1)],
  short: ['shortest first', (row) => row.length],
  long: ['longest first', (row) => -row.length],
  file: ['as in the file', (row) => row.index],
}

/**
 * The lines that pass a filter, in order.
 * @param {Row[]} rows
 * @param {Filter} filter
 * @param {string} order
 * @param {Set<string>} marked
 */
export function chosen(rows, filter, order, marked) {
  const [, state] = STATES[filter.state]
  const [, others] = OTHERS[filter.others]
  const [, key] = ORDERS[order]
  const passes = rows.filter((row) => {
    const sure = row.read.sure ?? 0
    return (
      state(row, marked) && others(row) && (filter.fold === '' || row.fold === filter.fold) &&
      (filter.kinds === 0 || (row.kinds & filter.kinds) !== 0) &&
      filter.length[0] <= row.length && row.length <= filter.length[1] && filter.sure[0] <= sure && sure <= filter.sure[1] &&
      has(row, filter.text)
    )
  })
  return passes.sort((a, b) => key(a) - key(b) || a.index - b.index)
}

/**
 * Lines as a CSV: UTF-8, a header, quotes where they are needed.
 * @param {Row[]} rows
 */
export function csv(rows) {
  const table = rows.map((row) => [row.name, row.label, row.read.reading, row.read.sure ?? '', row.fold])
  return [['img_path', 'text', 'prediction', 'confidence', 'fold'], ...table].map((cells) => cells.map(cell).join(',') + '\n').join('')
}

/** @param {string | number} value */
function cell(value) {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
