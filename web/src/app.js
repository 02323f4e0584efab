/** What the parts of the page say to each other. */

import { History } from './correction.js';
import { Document, Queue, withText } from './documents.js';
import { byId, disable, isField, toggled } from './dom.js';
import { writePlain } from './formats/plain.js';
import { currentLanguage, labelled, preferredLanguage, remember, setLanguage, t } from './i18n.js';
import { placeIcons } from './icons.js';
import { listenForTheme, nameTheme } from './theme.js';
import { DownloadMenu } from './view/downloads.js';
import { FileList, statusOf } from './view/files.js';
import { listenForFiles } from './view/intake.js';
import { showNotice } from './view/notice.js';
import { PendingView } from './view/pending.js';
import { SheetView } from './view/sheet.js';
import { TextView } from './view/text.js';

/** @typedef {import('./documents.js').Sheet} Sheet */
/** @typedef {import('./reader.js').Reader} Reader */
/** @typedef {import('./types.js').Line} Line */

/** Words less sure than this are marked until the slider says otherwise, in hundredths. */
const THRESHOLD = 70;

/** @typedef {{document: Document, sheet: Sheet, number: number, before: Line, after: Line}} Change */

export class App {
  /** @type {Document[]} */
  documents = [];
  /** @type {Document | null} */
  current = null;
  /** The page that is shown. @type {Sheet | null} */
  sheet = null;
  /** @type {History<Change>} */
  history = new History();
  /** Files whose corrections were not downloaded since. @type {Set<Document>} */
  unsaved = new Set();
  threshold = THRESHOLD;
  isRaw = false;
  /** The line that had the focus last. @type {number | null} */
  pinned = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  fading;

  /**
   * @param {Reader} reader
   * @param {{useToken: (token: string) => void}} options
   */
  constructor(reader, { useToken }) {
    this.mode = reader.mode;
    this.useToken = useToken;
    this.queue = new Queue(reader, this.documents, (document) => this.#changed(document));
    this.files = new FileList(
      byId('file-list'),
      {
        show: (document) => this.#show(document),
        close: (document) => this.#close(document),
        retry: (document) => this.#retry(document),
      },
      reader.mode,
    );
    this.picture = new SheetView(byId('sheet'), {
      point: (number, options) => this.#point(number, 'picture', options),
      open: (number) => this.text.edit(number),
    });
    this.text = new TextView(byId('text'), {
      point: (number, options) => this.#point(number, 'text', options),
      correct: (number, text) => this.#correct(number, text),
      pixels: () => this.picture.pixels,
    });
    this.downloads = new DownloadMenu(byId('download'), byId('formats'), {
      documents: () => this.documents,
      current: () => this.current,
      done: (documents, name) => this.#downloaded(documents, name),
    });
    this.pending = new PendingView(this.mode);
    placeIcons(document);
    this.#listen();
    this.#setLanguage(preferredLanguage());
  }

  /** @param {File[]} files */
  take(files) {
    if (!files.length) return;
    const fresh = files.map((file) => new Document(file));
    this.documents.push(...fresh);
    if (!this.current) this.current = fresh[0];
    else if (!this.current.isOpen) this.current = fresh[0];
    this.#update();
    this.queue.run();
  }

  #listen() {
    listenForFiles((files) => this.take(files));
    byId('vi').addEventListener('click', () => this.#setLanguage('vi', true));
    byId('en').addEventListener('click', () => this.#setLanguage('en', true));
    listenForTheme(byId('theme'));
    byId('previous').addEventListener('click', () => this.#turn(-1));
    byId('next').addEventListener('click', () => this.#turn(1));
    byId('zoom-in').addEventListener('click', () => this.picture.zoomBy(1));
    byId('zoom-out').addEventListener('click', () => this.picture.zoomBy(-1));
    byId('zoom-fit').addEventListener('click', () => this.picture.fit());
    byId('boxes').addEventListener('click', () => this.picture.showBoxes(toggled(byId('boxes'))));
    byId('raw').addEventListener('click', () => {
      this.isRaw = toggled(byId('raw'));
      this.#showSheet();
    });
    byId('undo').addEventListener('click', () => this.#undo());
    byId('redo').addEventListener('click', () => this.#redo());
    byId('copy').addEventListener('click', () => this.#copy());
    byId('doubtful').addEventListener('click', () => this.#nextDoubt());
    const slider = /** @type {HTMLInputElement} */ (byId('threshold'));
    slider.value = String(THRESHOLD);
    slider.addEventListener('input', () => {
      this.threshold = Number(slider.value);
      this.#showSheet();
    });
    document.addEventListener('keydown', (event) => this.#onKey(event));
    addEventListener('beforeunload', (event) => {
      if (this.unsaved.size) event.preventDefault();
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || isField(event.target)) return;
    const key = event.key.toLowerCase();
    if (key === 'z' && !event.shiftKey) this.#undo();
    else if ((key === 'z' && event.shiftKey) || key === 'y') this.#redo();
    else return;
    event.preventDefault();
  }

  /** A file has news. @param {Document} document */
  #changed(document) {
    if (document === this.current || !this.current?.isOpen) this.#update();
    else this.files.update(this.documents, this.current);
    if (!document.isOpen && this.documents.includes(document))
      this.#say(`${document.name}: ${statusOf(document, this.mode)}`);
  }

  /** @param {Document} document */
  #show(document) {
    this.current = document;
    this.#update();
  }

  /** @param {Document} closed */
  #close(closed) {
    if (closed.isOpen) {
      closed.cancel();
      this.#changed(closed);
      return;
    }
    if (this.unsaved.has(closed) && !confirm(t('leave'))) return;
    const at = this.documents.indexOf(closed);
    this.documents.splice(at, 1);
    this.unsaved.delete(closed);
    this.history.filter((change) => change.document !== closed);
    if (this.current === closed) this.current = this.documents[Math.min(at, this.documents.length - 1)] ?? null;
    this.#update();
    this.#showHistory();
    if (this.current) this.files.focus(this.current);
    else byId('choose').focus();
  }

  /** @param {Document} document */
  #retry(document) {
    this.history.filter((change) => change.document !== document);
    this.unsaved.delete(document);
    document.reset();
    this.#update();
    this.#showHistory();
    this.files.focus(document);
    this.queue.run();
  }

  /** @param {number} steps */
  #turn(steps) {
    if (!this.current) return;
    this.current.shown = Math.min(Math.max(this.current.shown + steps, 0), this.current.sheets.length - 1);
    this.#update();
    this.#say(byId('page-number').textContent ?? '');
  }

  /** Brings the page up to date with the files. */
  #update() {
    const { current } = this;
    const isEmpty = !this.documents.length;
    byId('intake').hidden = !isEmpty;
    byId('files').hidden = isEmpty;
    document.body.classList.toggle('at-work', !isEmpty);
    this.files.update(this.documents, current);
    showNotice(byId('notice'), current, { retry: (one) => this.#retry(one), useToken: this.useToken });
    const sheet = current?.sheets[current.shown] ?? null;
    byId('desk').hidden = !sheet;
    this.pending.show(sheet ? null : current);
    const count = current?.sheets.length ?? 0;
    byId('pager').hidden = count < 2;
    byId('page-number').textContent = t('page', {
      page: (current?.shown ?? 0) + 1,
      of: current?.isOpen ? (current.of ?? count) : count,
    });
    disable('previous', !current || current.shown === 0);
    disable('next', !current || current.shown >= count - 1);
    if (sheet === this.sheet) return;
    this.sheet = sheet;
    this.pinned = null;
    this.#showSheet();
  }

  /** Shows the page anew: it, the language, the slider or the kind of reading is another one. */
  #showSheet() {
    this.picture.show(this.sheet);
    this.text.show(this.sheet, { threshold: this.threshold / 100, isRaw: this.isRaw });
    byId('raw-note').hidden = !this.isRaw;
    this.#showDoubts();
    this.#showHistory();
  }

  #showDoubts() {
    const doubtful = this.#doubtful();
    this.picture.mark(doubtful.map(({ word }) => word.points));
    const count = doubtful.length;
    const key = count === 0 ? 'doubtfulNone' : count === 1 ? 'doubtfulOne' : 'doubtfulMany';
    byId('doubtful-count').textContent = t(key, { count });
    const value = t('percent', { value: this.threshold });
    byId('threshold-value').textContent = value;
    byId('threshold').setAttribute('aria-valuetext', `${value}, ${t(key, { count })}`);
    disable('doubtful', !count);
    labelled(byId('doubtful'), count ? `${t(key, { count })}: ${t('nextDoubt')}` : t(key, { count }));
  }

  /** The words of the page that are less sure than the slider says. */
  #doubtful() {
    const lines = this.sheet?.page.lines ?? [];
    return lines.flatMap((line, number) =>
      line.words.filter((word) => word.confidence < this.threshold / 100).map((word) => ({ number, word })),
    );
  }

  /** Starts to correct the next line with a doubtful word, behind the one that was pointed at last. */
  #nextDoubt() {
    const numbers = [...new Set(this.#doubtful().map(({ number }) => number))];
    const next = numbers.find((number) => number > this.text.current) ?? numbers[0];
    if (next !== undefined) this.text.edit(next);
  }

  /**
   * Makes a line stand out on both sides. One that has the focus stays so, whatever the pointer passes over.
   * @param {number | null} number null: the pointer has left
   * @param {'picture' | 'text'} from
   * @param {{stays?: boolean}} options
   */
  #point(number, from, { stays = false } = {}) {
    if (stays) this.pinned = number;
    this.picture.highlight(number ?? this.pinned, { scroll: stays && from === 'text' });
    this.text.highlight(number ?? this.pinned, { scroll: number !== null && from === 'picture' });
  }

  /**
   * @param {number} number
   * @param {string} text
   */
  #correct(number, text) {
    if (!this.current || !this.sheet) return;
    const { current, sheet } = this;
    const change = {
      document: current,
      sheet,
      number,
      before: sheet.page.lines[number],
      after: withText(sheet, number, text),
    };
    this.history.add(change);
    this.#apply(change, change.after);
    this.#say(t('saved', { number: number + 1 }));
  }

  #undo() {
    const change = this.history.undo();
    if (change) this.#revisit(change, change.before, t('undone'));
  }

  #redo() {
    const change = this.history.redo();
    if (change) this.#revisit(change, change.after, t('redone'));
  }

  /**
   * Shows where a correction was undone or done again.
   * @param {Change} change
   * @param {Line} line
   * @param {string} words
   */
  #revisit(change, line, words) {
    if (this.current !== change.document || this.sheet !== change.sheet) {
      change.document.shown = change.document.sheets.indexOf(change.sheet);
      this.#show(change.document);
    }
    this.#apply(change, line);
    this.text.focus(change.number);
    this.#say(words);
  }

  /**
   * @param {Change} change
   * @param {Line} line
   */
  #apply({ document, sheet, number }, line) {
    const lines = sheet.page.lines.with(number, line);
    sheet.page = { ...sheet.page, lines };
    if (document.isCorrected) this.unsaved.add(document);
    else this.unsaved.delete(document);
    this.text.renew(number);
    this.picture.rename(number);
    this.#showDoubts();
    this.#showHistory();
  }

  #showHistory() {
    disable('undo', !this.history.canUndo);
    disable('redo', !this.history.canRedo);
  }

  async #copy() {
    if (!this.current) return;
    try {
      await navigator.clipboard.writeText(writePlain(this.current.sheets.map((sheet) => sheet.page)));
      this.#say(t('copied'), true);
    } catch {
      this.#say(t('copyFailed'), true);
    }
  }

  /**
   * @param {Document[]} documents
   * @param {string} name
   */
  #downloaded(documents, name) {
    for (const one of documents) this.unsaved.delete(one);
    this.#say(t('downloaded', { name }), true);
  }

  /**
   * Says something to those who do not see the page, and, if it is `shown`, to all.
   * @param {string} words
   * @param {boolean} shown
   */
  #say(words, shown = false) {
    const status = byId('status');
    status.textContent = words;
    status.classList.toggle('shown', shown);
    clearTimeout(this.fading);
    if (shown) this.fading = setTimeout(() => status.classList.remove('shown'), 4000);
  }

  /**
   * @param {import('./i18n.js').Language} language
   * @param {boolean} isChosen by the person, and so remembered
   */
  #setLanguage(language, isChosen = false) {
    if (isChosen) remember('language', language);
    setLanguage(language);
    for (const one of ['vi', 'en']) byId(one).setAttribute('aria-pressed', String(one === currentLanguage()));
    byId('privacy').textContent = t(this.mode === 'local' ? 'privacyLocal' : 'privacyService');
    byId('api').hidden = this.mode === 'local';
    nameTheme(byId('theme'));
    this.#update();
    this.#showSheet();
  }
}
