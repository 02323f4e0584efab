/** The list of files: how each stands, and what can be done with it. */

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';

/** @typedef {import('../documents.js').Document} Document */

/**
 * @typedef {object} FileActions
 * @property {(document: Document) => void} show
 * @property {(document: Document) => void} close cancels a file that is read, removes one that is not
 * @property {(document: Document) => void} retry
 */

/** A list whose entries stay the same elements as long as their files: focus stays where it is. */
export class FileList {
  /** @type {Map<Document, Entry>} */
  #entries = new Map();

  /**
   * @param {HTMLElement} list
   * @param {FileActions} actions
   * @param {'service' | 'local'} mode
   */
  constructor(list, actions, mode) {
    this.list = list;
    this.actions = actions;
    this.mode = mode;
  }

  /**
   * @param {Document[]} documents
   * @param {Document | null} current
   */
  update(documents, current) {
    for (const [document, entry] of this.#entries) {
      if (documents.includes(document)) continue;
      entry.element.remove();
      this.#entries.delete(document);
    }
    for (const document of documents) {
      let entry = this.#entries.get(document);
      if (!entry) {
        entry = new Entry(document, this.actions, this.mode);
        this.#entries.set(document, entry);
        this.list.append(entry.element);
      }
      entry.update(document === current);
    }
  }

  /**
   * Puts the focus on a file.
   * @param {Document} document
   */
  focus(document) {
    this.#entries.get(document)?.open.focus();
  }
}

/** One file of the list. */
class Entry {
  /**
   * @param {Document} document
   * @param {FileActions} actions
   * @param {'service' | 'local'} mode
   */
  constructor(document, actions, mode) {
    this.document = document;
    this.mode = mode;
    this.sign = h('span', { class: 'sign' });
    this.status = h('span', { class: 'file-status' });
    this.open = h(
      'button',
      { type: 'button', class: 'file-open', onclick: () => actions.show(document) },
      this.sign,
      h('span', { class: 'file-words' }, h('span', { class: 'file-name' }, document.name), this.status),
    );
    this.bar = h('progress', { max: 1 });
    this.closing = h(
      'button',
      { type: 'button', class: 'quiet square small', onclick: () => actions.close(document) },
      icon('close'),
    );
    this.element = h('li', { class: 'file' }, this.open, this.closing, this.bar);
  }

  /** @param {boolean} isCurrent */
  update(isCurrent) {
    const { document } = this;
    this.element.dataset.state = document.state;
    if (isCurrent) this.open.setAttribute('aria-current', 'true');
    else this.open.removeAttribute('aria-current');
    this.status.textContent = statusOf(document, this.mode);
    this.sign.replaceChildren(...signOf(document));
    const label = t(document.isOpen ? 'cancel' : 'remove', { name: document.name });
    this.closing.setAttribute('aria-label', label);
    this.closing.title = label;
    this.bar.hidden = document.state !== 'reading';
    this.bar.setAttribute('aria-label', `${document.name}: ${this.status.textContent}`);
    const share = shareOf(document);
    if (share === null) this.bar.removeAttribute('value');
    else this.bar.value = share;
  }
}

/**
 * How a file stands, in words.
 * @param {Document} document
 * @param {'service' | 'local'} mode
 */
export function statusOf(document, mode) {
  const { state, sheets, of, progress } = document;
  const count = sheets.length;
  if (state === 'waiting') return t('waiting');
  if (state === 'done') return count > 1 ? t('donePages', { count }) : t('done');
  if (state === 'cancelled') return count ? t('cancelledAfter', { count }) : t('cancelled');
  if (state === 'failed') return t('failed');
  if (progress?.stage === 'busy') return t('busy', { seconds: progress.seconds ?? 0 });
  if (progress?.stage === 'loading') {
    return t('loading', { percent: Math.floor((100 * (progress.done ?? 0)) / (progress.of || 1)) });
  }
  if (of && of > 1) return t('readingPageOf', { page: Math.min(count + 1, of), of });
  if (count && of !== 1) return t('readingPage', { page: count + 1 });
  if (progress?.of) return t('readingLine', { done: progress.done ?? 0, of: progress.of });
  return progress ? t('reading') : t(mode === 'local' ? 'startingLocal' : 'starting');
}

/**
 * How far a file is, 0 to 1; null where nobody knows.
 * @param {Document} document
 */
function shareOf({ sheets, of, progress }) {
  const part = progress?.of ? (progress.done ?? 0) / progress.of : null;
  if (progress?.stage === 'loading') return part;
  return of && of > 1 ? (sheets.length + (part ?? 0)) / of : part;
}

/** @param {Document} document */
function signOf(document) {
  if (document.state === 'done') return [icon('done')];
  if (document.state === 'failed') return [icon('bad')];
  if (document.state === 'cancelled') return [icon('minus')];
  return [h('span', { class: document.state === 'reading' ? 'dot busy' : 'dot' })];
}
