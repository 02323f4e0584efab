/**
 * What reads files for the page: a service, or a worker inside the browser. Both are a `Reader`.
 *
 * @typedef {import('./types.js').Page} Page
 *
 * @typedef {object} ReadPage
 * @property {Page} page
 * @property {number} index from 0
 * @property {number | null} of how many pages the file has, where that is known
 * @property {Blob | null} picture what the page was read from; null where the browser can show the file itself
 *
 * @typedef {object} Progress
 * @property {'busy' | 'loading' | 'reading'} stage waiting for the service, loading weights, or reading
 * @property {number} [done] of `of`: bytes that are loaded, lines of a page that are read
 * @property {number} [of]
 * @property {number} [seconds] until it is tried again, when `busy`
 *
 * @typedef {object} Reader
 * @property {'service' | 'local'} mode
 * @property {(file: File, options: {signal: AbortSignal, onProgress?: (progress: Progress) => void}) => AsyncGenerator<ReadPage>} read
 *   gives pages as they are read; throws ReadError, or the signal's reason once it is aborted
 *
 * @typedef {'tooLarge' | 'unsupported' | 'broken' | 'empty' | 'heic' | 'gone' | 'busy' | 'tooSlow' | 'token' | 'offline' | 'cutOff' | 'noPdf' | 'noReader' | 'failed'} Problem
 */

/** Why a file was not read: `problem` says it in one word, `detail` is the one line of the service or the worker. */
export class ReadError extends Error {
  /**
   * @param {Problem} problem
   * @param {string} detail
   */
  constructor(problem, detail = '') {
    super(detail || problem);
    this.problem = problem;
    this.detail = detail;
  }
}

/** @type {Record<number, Problem>} */
const PROBLEMS = {
  401: 'token',
  403: 'token',
  413: 'tooLarge',
  415: 'unsupported',
  422: 'broken',
  429: 'busy',
  503: 'busy',
  504: 'tooSlow',
};
/** How often a busy service is asked again, and the longest and the usual wait in between, in seconds. */
const TRIES = 6;
const [LONGEST_WAIT, USUAL_WAIT] = [60, 3];

/**
 * The service at `base`, by `POST v1/read?format=jsonl`: JSON lines, one a page, each as soon as it is read. With
 * `pictures=1` the service adds how many pages there are (`of`) and, to pages of PDFs and TIFFs, which no browser can
 * show, what it has read them from (`picture`, a data URL).
 * @param {string} base ends in a slash
 * @param {{token?: () => string}} options `token`: what the service asks of its users, if anything
 * @returns {Reader}
 */
export function serviceReader(base, { token = () => '' } = {}) {
  const url = new URL('v1/read?format=jsonl&pictures=1', base);
  return explaining({
    mode: 'service',
    async *read(file, { signal, onProgress = () => {} }) {
      const response = await send(url, file, { signal, onProgress, token });
      onProgress({ stage: 'reading' });
      let index = 0;
      /** @type {number | null} */
      let last = null;
      for await (const row of rowsOf(response, signal)) {
        if (!row.lines) throw new ReadError(PROBLEMS[row.status] ?? 'failed', detailIn(row));
        const { schema: _schema, version: _version, picture, of = null, ...page } = row;
        last = of;
        page.name = file.name + (/#\d+$/.exec(page.name)?.[0] ?? '');
        yield { page, index, of, picture: picture ? blobOf(picture) : null };
        index++;
      }
      if (!index || (last && index < last)) throw new ReadError('cutOff');
    },
  });
}

/**
 * A worker that speaks: `{id, type: 'read', file}` is answered by `{id, type: 'page', page, index, of}` a page, then
 * `{id, type: 'done'}` or `{id, type: 'error', message}`, whose `stage` says where it came: loading (the reader),
 * opening (the file) or reading. `{id, type: 'progress', stage, done, of}` comes in between; `{id, type: 'cancel'}` ends
 * it. The worker reads images; pages of PDFs are drawn here and sent to it one by one.
 * @param {Worker} worker
 * @param {{openPdf: (file: Blob) => Promise<{count: number, draw: (index: number) => Promise<Blob>, close: () => void}>}} options
 * @returns {Reader}
 */
export function localReader(worker, { openPdf }) {
  let last = 0;
  return explaining({
    mode: 'local',
    async *read(file, { signal, onProgress = () => {} }) {
      if (!(await headOf(file)).includes('%PDF-')) {
        yield* ask(worker, ++last, file, signal, onProgress);
        return;
      }
      const pdf = await openPdf(file);
      try {
        for (let index = 0; index < pdf.count; index++) {
          signal.throwIfAborted();
          const picture = await pdf.draw(index);
          const name = pdf.count > 1 ? `${file.name}#${index + 1}` : file.name;
          const image = new File([picture], name, { type: picture.type });
          for await (const { page } of ask(worker, ++last, image, signal, onProgress)) {
            yield { page: { ...page, name }, index, of: pdf.count, picture };
          }
        }
      } finally {
        pdf.close();
      }
    },
  });
}

/** What an error of the worker means, by where it came. @type {Record<string, Problem>} */
const STAGES = { loading: 'noReader', opening: 'broken', reading: 'failed' };
/** How HEIC files begin, the photos of iPhones: four bytes, then this. */
const HEIC = /^.{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)/s;

/**
 * A reader that says of files that are not read what a person can do: empty ones, HEIC files where nothing shows them,
 * and those that the browser itself cannot open.
 * @param {Reader} reader
 * @returns {Reader}
 */
function explaining({ mode, read }) {
  return {
    mode,
    async *read(file, options) {
      const head = await headOf(file).catch(() => {
        throw new ReadError('gone');
      });
      if (!head) throw new ReadError('empty');
      try {
        yield* read(file, options);
      } catch (error) {
        const isRefused = error instanceof ReadError && (error.problem === 'broken' || error.problem === 'unsupported');
        throw isRefused && HEIC.test(head) ? new ReadError('heic') : error;
      }
    },
  };
}

/**
 * The first 1,024 bytes of a file, in which readers of PDFs look for their sign.
 * @param {Blob} file
 */
async function headOf(file) {
  return new TextDecoder('latin1').decode(await file.slice(0, 1024).arrayBuffer());
}

/**
 * @param {Worker} worker
 * @param {number} id
 * @param {File} file
 * @param {AbortSignal} signal
 * @param {(progress: Progress) => void} onProgress
 * @returns {AsyncGenerator<ReadPage>}
 */
async function* ask(worker, id, file, signal, onProgress) {
  signal.throwIfAborted();
  /** @type {any[]} */
  const messages = [];
  let wake = () => {};
  const push = (/** @type {any} */ message) => {
    messages.push(message);
    wake();
  };
  const onMessage = (/** @type {MessageEvent} */ event) => {
    if (event.data?.id === id) push(event.data);
  };
  const onError = (/** @type {ErrorEvent} */ event) =>
    push({ type: 'error', stage: 'loading', message: event.message ?? '' });
  const onAbort = () => {
    worker.postMessage({ id, type: 'cancel' });
    push({ type: 'aborted' });
  };
  worker.addEventListener('message', onMessage);
  worker.addEventListener('error', onError);
  signal.addEventListener('abort', onAbort);
  try {
    worker.postMessage({ id, type: 'read', file });
    for (;;) {
      while (!messages.length) await new Promise((resolve) => (wake = () => resolve(null)));
      const message = messages.shift();
      if (message.type === 'aborted') throw signal.reason;
      if (message.type === 'error') throw new ReadError(STAGES[message.stage] ?? 'broken', oneLine(message.message));
      if (message.type === 'done') return;
      if (message.type === 'progress')
        onProgress({ stage: message.stage ?? 'reading', done: message.done, of: message.of });
      if (message.type === 'page') {
        const { page, index, of = null, picture = null } = message;
        yield { page, index, of, picture };
      }
    }
  } finally {
    worker.removeEventListener('message', onMessage);
    worker.removeEventListener('error', onError);
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * @param {URL} url
 * @param {File} file
 * @param {{signal: AbortSignal, onProgress: (progress: Progress) => void, token: () => string}} options
 */
async function send(url, file, { signal, onProgress, token }) {
  for (let tried = 1; ; tried++) {
    /** @type {Record<string, string>} */
    const headers = { 'Content-Type': file.type || 'application/octet-stream' };
    if (token()) headers.Authorization = `Bearer ${token()}`;
    let response;
    try {
      response = await fetch(url, { method: 'POST', body: file, headers, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new ReadError('offline');
    }
    if (response.ok) return response;
    const problem = PROBLEMS[response.status] ?? 'failed';
    const detail = await detailOf(response);
    if (problem !== 'busy' || tried === TRIES) throw new ReadError(problem, detail);
    const seconds = Math.min(Number(response.headers.get('Retry-After')) || USUAL_WAIT, LONGEST_WAIT);
    onProgress({ stage: 'busy', seconds });
    await pause(seconds, signal);
  }
}

/**
 * The objects of JSON lines as they come.
 * @param {Response} response
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<any>}
 */
async function* rowsOf(response, signal) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      text += decoder.decode(value, { stream: !done });
      const rows = text.split('\n');
      text = done ? '' : /** @type {string} */ (rows.pop());
      for (const row of rows) if (row.trim()) yield JSON.parse(row);
      if (done) return;
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof ReadError ? error : new ReadError('cutOff');
  }
}

/** @param {Response} response */
async function detailOf(response) {
  try {
    return detailIn(await response.json());
  } catch {
    return '';
  }
}

/**
 * The line of the service, without the name that it gives a file whose own it does not know.
 * @param {{detail?: unknown}} answer
 */
function detailIn({ detail }) {
  return oneLine(detail).replace(/^image(#\d+)?: /, '');
}

/** @param {unknown} value */
function oneLine(value) {
  return typeof value === 'string' ? value.split(/\s+/).join(' ').trim().slice(0, 300) : '';
}

/**
 * The bytes of a base64 data URL.
 * @param {string} url
 */
function blobOf(url) {
  const [head, data] = url.split(',', 2);
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: head.slice('data:'.length).split(';')[0] });
}

/**
 * @param {number} seconds
 * @param {AbortSignal} signal
 */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
