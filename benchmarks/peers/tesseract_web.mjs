// tesseract.js in Chromium, beside benchmarks/web.py. Standard input: a task {packages, modules, chromium, language, lines},
// then a path a line; standard output: "ready", then {lines, words} for each, a list of [text, four corners] both, and for
// the line "bytes" what was loaded, as a server with gzip sends it.
//
// `packages` is a node_modules with tesseract.js and @tesseract.js-data/<language>; `modules` one with playwright-core.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';

const given = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);
const task = JSON.parse((await given.next()).value);
const { chromium } = await import(join(task.modules, 'playwright-core/index.mjs'));

const KINDS = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.png': 'image/png', '.jpg': 'image/jpeg' };
/** What was sent, by path: bytes. */
const sent = {};
let file = '';
const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
  if (path === '/') return response.setHeader('Content-Type', 'text/html').end('<!doctype html>');
  try {
    const from = path === '/file' ? file : join(task.packages, path);
    const data = readFileSync(from);
    if (path !== '/file') sent[path] = Math.min(data.length, gzipSync(data).length);
    response.setHeader('Content-Type', KINDS[extname(from).toLowerCase()] ?? 'application/octet-stream').end(data);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const root = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: task.chromium,
  timeout: 0, // other work on the machine may keep it waiting
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-renderer-backgrounding'],
});
const page = await browser.newPage();
page.setDefaultTimeout(0);
await page.goto(`${root}/`);

/** Starts its worker as its documentation says, with the network and the language data that it takes by default. */
async function start({ root, language, lines }) {
  const { default: tesseract } = await import(`${root}/tesseract.js/dist/tesseract.esm.min.js`);
  globalThis.worker = await tesseract.createWorker(language, 1, {
    workerPath: `${root}/tesseract.js/dist/worker.min.js`,
    corePath: `${root}/tesseract.js-core`,
    langPath: `${root}/@tesseract.js-data/${language}/4.0.0_best_int`,
    cacheMethod: 'none',
  });
  if (lines) await globalThis.worker.setParameters({ tessedit_pageseg_mode: tesseract.PSM.SINGLE_LINE });
}

/** Lines and words of the present file, in its order. */
async function read({ root }) {
  const image = await (await fetch(`${root}/file`, { cache: 'no-store' })).blob();
  const { data } = await globalThis.worker.recognize(image, {}, { text: false, blocks: true });
  const lines = (data.blocks ?? []).flatMap((block) => block.paragraphs.flatMap((one) => one.lines));
  const corners = ({ x0, y0, x1, y1 }) => [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ];
  const told = (one) => [one.text.trim(), corners(one.bbox)];
  return { lines: lines.map(told), words: lines.flatMap((line) => line.words).map(told) };
}

await page.evaluate(start, { root, language: task.language, lines: task.lines });
process.stdout.write('ready\n');
for await (const path of given) {
  if (path === 'bytes') {
    say(Object.values(sent).reduce((all, bytes) => all + bytes, 0));
    continue;
  }
  file = path;
  say(await page.evaluate(read, { root }));
}
await browser.close();
server.close();
