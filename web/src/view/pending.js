/** A file of which nothing was read yet: its picture, as far as the browser can show it, and how it stands. */

import { byId } from '../dom.js';
import { statusOf } from './files.js';

/** @typedef {import('../documents.js').Document} Document */

export class PendingView {
  /** @type {Document | null} */
  #document = null;
  #url = '';

  /** @param {'service' | 'local'} mode */
  constructor(mode) {
    this.mode = mode;
    this.preview = /** @type {HTMLImageElement} */ (byId('preview'));
    this.preview.addEventListener('error', () => (this.preview.hidden = true));
  }

  /** @param {Document | null} document null: there is nothing to wait for */
  show(document) {
    byId('pending').hidden = !document;
    if (document !== this.#document) this.#load(document);
    if (!document) return;
    byId('pending-words').hidden = !document.isOpen;
    byId('pending-status').textContent = statusOf(document, this.mode);
  }

  /** @param {Document | null} document */
  #load(document) {
    this.#document = document;
    URL.revokeObjectURL(this.#url);
    this.#url = '';
    this.preview.hidden = !document;
    this.preview.removeAttribute('src');
    if (!document) return;
    this.#url = URL.createObjectURL(document.file);
    this.preview.src = this.#url;
  }
}
