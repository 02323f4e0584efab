/**
 * Reads files inside the browser. `{id, type: 'read', file}` is answered by `{id, type: 'page', page, index, of}`, then
 * `{id, type: 'done'}`, or by `{id, type: 'error', message, stage}`; `{id, type: 'progress', stage, done, of}` comes in
 * between (`stage`: loading, bytes; or reading, lines; of errors also opening, the file). `{id, type: 'cancel'}` ends it. `page` is the JSON object that
 * `chuviet read --format jsonl` writes of a page.
 *
 * `{id, type: 'lines', file}` reads an image as one line: `{id, type: 'line', line}` with its text and confidence.
 *
 * @typedef {import('./reading/pages.js').Reader} Reader
 * @typedef {{id: number, type: string, file?: File}} Message
 */

import { Files } from './files.js';
import { openReader } from './opening.js';
import { decodePicture } from './pictures.js';

class Cancelled extends Error {}

/** @type {Set<number>} */
const cancelled = new Set();
/** @type {{files: Files | null, loaded: number, reader: Promise<Reader> | null}} */
const engine = { files: null, loaded: 0, reader: null };
let waiting = Promise.resolve();
const channel = new MessageChannel();

addEventListener('message', ({ data }) => {
  const { id, type } = /** @type {Message} */ (data);
  if (type === 'cancel') cancelled.add(id);
  else waiting = waiting.then(() => answer(data));
});
opened().catch(() => {}); // begins to load; who asks hears of errors

/** @param {Message} message */
async function answer({ id, type, file }) {
  let stage = 'loading';
  try {
    if (!file) throw new Error('no file');
    const reader = await loaded(id);
    if (cancelled.has(id)) return;
    stage = 'opening';
    const picture = await decodePicture(file);
    stage = 'reading';
    if (type === 'lines') {
      const { text, confidence, rawText } = await reader.readers[0].predict(picture);
      postMessage({ id, type: 'line', line: { text, confidence, raw_text: rawText } });
    } else {
      const page = await reader.read(picture, file.name, (done, of, what) => progress(id, 'reading', done, of, what));
      postMessage({ id, type: 'page', page, index: 0, of: 1 });
    }
    postMessage({ id, type: 'done' });
  } catch (error) {
    if (error instanceof Cancelled) return;
    postMessage({ id, type: 'error', stage, message: `${file?.name ?? ''}: ${messageOf(error)}` });
  } finally {
    cancelled.delete(id);
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message.split('\n')[0] : String(error);
}

/** @returns {Promise<Reader>} */
function opened() {
  if (!engine.reader) {
    engine.reader = Files.open(new URL('../', import.meta.url)).then((files) => {
      engine.files = files;
      files.onLoaded = (bytes) => (engine.loaded += bytes);
      return openReader(files);
    });
    engine.reader.catch(() => (engine.reader = null)); // a network may come back
  }
  return engine.reader;
}

/**
 * The reader, once it is loaded; tells how far that is.
 *
 * @param {number} id
 * @returns {Promise<Reader>}
 */
async function loaded(id) {
  const told = setInterval(() => {
    const names = Object.keys(engine.files?.manifest.files ?? {}).filter((name) => /\.(deflated|wasm)$/.test(name));
    const of = names.reduce((sum, name) => sum + (engine.files?.manifest.files[name].bytes ?? 0), 0);
    const done = Math.min(engine.loaded, of);
    postMessage({ id, type: 'progress', stage: 'loading', what: 'load', done, of });
  }, 200);
  try {
    return await opened();
  } finally {
    clearInterval(told);
  }
}

/**
 * Tells how far the reading is, and lets messages in.
 *
 * @param {number} id
 * @param {string} stage
 * @param {number} done
 * @param {number} of
 * @param {string} what - find or read
 */
async function progress(id, stage, done, of, what) {
  await new Promise((resolve) => {
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(null);
  });
  if (cancelled.has(id)) throw new Cancelled();
  postMessage({ id, type: 'progress', stage, what, done, of });
}
