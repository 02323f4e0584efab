/** The files of the page, and the queue in which they are read, one after the other. */

import { corrected } from './correction.js';
import { ReadError } from './reader.js';

/** @typedef {import('./types.js').Page} Page */
/** @typedef {import('./types.js').Line} Line */
/** @typedef {import('./reader.js').Reader} Reader */
/** @typedef {import('./reader.js').Progress} Progress */

/**
 * @typedef {object} Sheet one page of a file
 * @property {Page} page with corrections
 * @property {Line[]} read its lines as they were read
 * @property {Blob} picture
 */

/** A file, what was read of it so far, and how it stands. */
export class Document {
  /** @type {'waiting' | 'reading' | 'done' | 'cancelled' | 'failed'} */
  state = 'waiting';
  /** @type {Sheet[]} */
  sheets = [];
  /** How many pages it has, where that is known. @type {number | null} */
  of = null;
  /** @type {Progress | null} */
  progress = null;
  /** @type {ReadError | null} */
  error = null;
  /** Number of the page that is shown. */
  shown = 0;
  #abort = new AbortController();

  /** @param {File} file */
  constructor(file) {
    this.file = file;
  }

  get name() {
    return this.file.name;
  }

  get isOpen() {
    return this.state === 'waiting' || this.state === 'reading';
  }

  /** Whether a person corrected anything. */
  get isCorrected() {
    return this.sheets.some((sheet) => sheet.page.lines.some((line) => line.corrected));
  }

  /** Makes it ready to be read from the start. */
  reset() {
    Object.assign(this, { state: 'waiting', sheets: [], of: null, progress: null, error: null, shown: 0 });
    this.#abort = new AbortController();
  }

  cancel() {
    if (!this.isOpen) return;
    this.state = 'cancelled';
    this.#abort.abort(new DOMException('cancelled', 'AbortError'));
  }

  /**
   * Reads it to the end; errors are kept, not thrown.
   * @param {Reader} reader
   * @param {() => void} changed called whenever something is new
   */
  async read(reader, changed) {
    const { signal } = this.#abort;
    this.state = 'reading';
    changed();
    const onProgress = (/** @type {Progress} */ progress) => {
      this.progress = progress;
      if (!signal.aborted) changed();
    };
    try {
      for await (const { page, of, picture } of reader.read(this.file, { signal, onProgress })) {
        if (signal.aborted) return;
        this.of = of;
        this.sheets.push({ page, read: page.lines, picture: picture ?? this.file });
        changed();
      }
      if (!signal.aborted) this.state = 'done';
    } catch (error) {
      if (signal.aborted) return;
      this.state = 'failed';
      this.error =
        error instanceof ReadError ? error : new ReadError('failed', error instanceof Error ? error.message : '');
    } finally {
      changed();
    }
  }
}

/**
 * A line of a sheet with another text; what was read, whole, where the text is the one that was read.
 * @param {Sheet} sheet
 * @param {number} number
 * @param {string} text
 * @returns {Line}
 */
export function withText(sheet, number, text) {
  const read = sheet.read[number];
  const line = corrected(read, text);
  return line.text === read.text ? read : line;
}

/** Reads documents one after the other. */
export class Queue {
  #isRunning = false;

  /**
   * @param {Reader} reader
   * @param {Document[]} documents in the order in which they are read
   * @param {(document: Document) => void} changed
   */
  constructor(reader, documents, changed) {
    this.reader = reader;
    this.documents = documents;
    this.changed = changed;
  }

  /** Reads all that wait. */
  async run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next; (next = this.documents.find((one) => one.state === 'waiting'));) {
      const document = next;
      await document.read(this.reader, () => this.changed(document));
    }
    this.#isRunning = false;
  }
}
