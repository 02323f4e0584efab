/** A page that reads one image after another: what is served where the real page was not built. */

const worker = new Worker(new URL('engine/worker.js', document.baseURI), { type: 'module' });
const input = /** @type {HTMLInputElement} */ (document.querySelector('#file'));
const [state, text] = ['#status', '#text'].map((name) => /** @type {HTMLElement} */ (document.querySelector(name)));
let id = 0;

input.addEventListener('change', () => {
  const file = input.files?.[0];
  if (!file) return;
  worker.postMessage({ id, type: 'cancel' });
  text.textContent = '';
  worker.postMessage({ id: ++id, type: 'read', file });
});

worker.addEventListener('message', ({ data }) => {
  if (data.id !== id) return;
  if (data.type === 'progress') state.textContent = `${data.what} ${data.done} / ${data.of}`;
  if (data.type === 'page') text.textContent = data.page.lines.map((/** @type {any} */ line) => line.text).join('\n');
  if (data.type === 'done') state.textContent = 'done';
  if (data.type === 'error') state.textContent = data.message;
});
