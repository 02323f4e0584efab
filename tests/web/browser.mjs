// Reads files in Chromium with an export of `chuviet export --to web`: see conftest.py. Standard input has the task in
// its first line, standard output a line of JSON for each file, as it is read, and one for all. With `turns` it waits
// after each file for a line of standard input.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline';

const given = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const task = JSON.parse((await given.next()).value);
const { chromium } = await import(join(task.modules, 'playwright-core/index.mjs'));
const KINDS = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.css': 'text/css',
  '.webmanifest': 'application/manifest+json',
  '.png': 'image/png',
};

/** Bytes that were sent, by path; and whether there is a server at all. */
const sent = {};
let online = true;
const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
  if (!online) return response.destroy();
  try {
    const file = path.startsWith('/files/')
      ? task.files[Number(path.slice(7))]
      : join(task.folder, path === '/' ? 'index.html' : path);
    const data = readFileSync(file);
    sent[path] = (sent[path] ?? 0) + data.length;
    response.setHeader('Content-Type', KINDS[extname(file)] ?? 'application/octet-stream');
    if (task.isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    response.end(data);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const root = `http://127.0.0.1:${server.address().port}/`;

const browser = await chromium.launch({
  executablePath: task.chromium,
  timeout: 0, // other work on the machine may keep it waiting
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-renderer-backgrounding'],
});
const context = await browser.newContext();
const page = await context.newPage();
const said = [];
page.on('console', (message) => said.push(message.text()));
page.on('pageerror', (error) => said.push(String(error)));
page.setDefaultTimeout(0);
await page.exposeFunction('tell', async (result) => {
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (task.turns) await given.next();
});

/** Reads the files one after another with a new worker; in the page. */
async function readAll({ root, count, type, cancel }) {
  const worker = new Worker(`${root}engine/worker.js`, { type: 'module' });
  for (let id = 0; id < count; id++) {
    const blob = await (await fetch(`${root}files/${id}`)).blob();
    const file = new File([blob], `${id}.png`, { type: blob.type });
    const began = performance.now();
    const result = { progress: 0, stages: [] };
    await new Promise((resolve) => {
      worker.onerror = (event) => resolve((result.error = event.message || 'the worker failed'));
      worker.onmessage = ({ data }) => {
        if (data.id !== id) return;
        if (data.type === 'page') result.page = data.page;
        if (data.type === 'line') result.line = data.line;
        if (data.type === 'progress') {
          result.progress++;
          if (!result.stages.includes(data.stage)) result.stages.push(data.stage);
          if (cancel && data.what === 'read') {
            worker.postMessage({ id, type: 'cancel' });
            setTimeout(resolve, 3000, (result.cancelled = true));
          }
        }
        if (data.type === 'error') resolve((result.error = data.message));
        if (data.type === 'done') resolve(null);
      };
      worker.postMessage({ id, type, file });
    });
    result.ms = performance.now() - began;
    await globalThis.tell(result);
  }
  worker.terminate();
  return {
    isolated: crossOriginIsolated,
    threads: navigator.hardwareConcurrency,
  };
}

const wanted = {
  root,
  count: task.files.length,
  type: task.type ?? 'read',
  cancel: task.cancel ?? false,
};
// The page has a worker of its own, and the service worker: where neither is tested, another document of this origin.
await page.goto(task.offline ? root : `${root}engine/settings.json`);
const found = await page.evaluate(readAll, wanted);
if (task.offline) {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    await new Promise((resolve) => setTimeout(resolve, 3000));
  });
  await page.evaluate(async (count) => {
    const cache = await caches.open((await caches.keys())[0]);
    for (let i = 0; i < count; i++) await cache.add(`files/${i}`);
  }, task.files.length);
  online = false;
  await page.goto(root);
  found.offline = await page.evaluate(readAll, wanted);
}
await browser.close();
server.close();
process.stdout.write(`${JSON.stringify({ ...found, sent, said })}\n`);
