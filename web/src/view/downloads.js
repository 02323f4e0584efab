/** The menu of formats, and the files that it makes. */

import { h } from '../dom.js';
import { FORMATS, TEXT_FORMATS, writePdf } from '../formats/known.js';
import { t } from '../i18n.js';
import { asJpeg } from '../pictures.js';

/** @typedef {import('../documents.js').Document} Document */
/** @typedef {import('../formats/known.js').FormatName} FormatName */

export class DownloadMenu {
  /**
   * @param {HTMLButtonElement} button
   * @param {HTMLElement} menu
   * @param {{documents: () => Document[], current: () => Document | null, done: (documents: Document[], name: string) => void}} options
   */
  constructor(button, menu, options) {
    this.button = button;
    this.menu = menu;
    this.options = options;
    button.addEventListener('click', () => this.#toggle(button.getAttribute('aria-expanded') !== 'true'));
    document.addEventListener('click', (event) => {
      if (!menu.parentElement?.contains(/** @type {Node} */ (event.target))) this.#toggle(false);
    });
    menu.parentElement?.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || menu.hidden) return;
      this.#toggle(false);
      button.focus();
    });
    menu.parentElement?.addEventListener('focusout', (event) => {
      const to = /** @type {Node | null} */ (event.relatedTarget);
      if (to && !menu.parentElement?.contains(to)) this.#toggle(false);
    });
  }

  /** @param {boolean} open */
  #toggle(open) {
    if (open) this.#fill();
    this.menu.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
    if (open) this.menu.querySelector('button')?.focus();
  }

  #fill() {
    const read = this.options.documents().filter((one) => one.sheets.length);
    const all = h('input', { type: 'checkbox', id: 'all-files' });
    const choice =
      read.length > 1
        ? h('label', { class: 'all', for: 'all-files' }, all, t('downloadAll', { count: read.length }))
        : null;
    const buttons = /** @type {FormatName[]} */ (Object.keys(FORMATS)).map((name) =>
      h(
        'button',
        {
          type: 'button',
          class: 'format',
          'data-format': name,
          onclick: () => this.#save(name, all.checked ? read : null),
        },
        h('span', {}, t(`format_${name}`)),
        h('span', { class: 'ending' }, FORMATS[name].ending),
      ),
    );
    this.menu.replaceChildren(...buttons, ...(choice ? [choice] : []));
  }

  /**
   * @param {FormatName} format
   * @param {Document[] | null} several null: the file that is shown
   */
  async #save(format, several) {
    const current = this.options.current();
    const documents = several ?? (current ? [current] : []);
    if (!documents.length) return;
    this.button.setAttribute('aria-busy', 'true');
    const stem = documents.length > 1 ? 'chuviet' : documents[0].name.replace(/\.[^.]{1,5}$/, '') || 'chuviet';
    const name = stem + FORMATS[format].ending;
    try {
      offer(new Blob([await written(documents, format)], { type: FORMATS[format].type }), name);
    } finally {
      this.button.removeAttribute('aria-busy');
    }
    this.#toggle(false);
    this.button.focus();
    this.options.done(documents, name);
  }
}

/**
 * Files as the bytes or the text of one.
 * @param {Document[]} documents
 * @param {FormatName} format
 * @returns {Promise<BlobPart>}
 */
async function written(documents, format) {
  const sheets = documents.flatMap((one) => one.sheets);
  const pages = sheets.map((sheet) => sheet.page);
  if (format !== 'pdf') return TEXT_FORMATS[format](pages);
  return /** @type {BlobPart} */ (await writePdf(pages, (_, k) => asJpeg(sheets[k].picture)));
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
