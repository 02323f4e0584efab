// A small service for the tests: it serves the built page and answers as `chuviet serve` does, from pages that
// `chuviet read` read (docs/examples/pages), with its security headers.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
export const PAGE = join(ROOT, 'src/chuviet/serve/page');
export const EXAMPLES = join(ROOT, 'docs/examples/pages');
export const NAMES = ['letter', 'document', 'receipt'];
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; " +
  "connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Those of the PDF, and one that is a dark photo. */
const PICTURES = new Map([...NAMES, 'photo'].map((name) => [name, readFileSync(join(EXAMPLES, `${name}.jpg`))]));

/** The page of an example as JSON has it. */
export function pageOf(name) {
  return JSON.parse(readFileSync(join(EXAMPLES, `${name}.json`), 'utf8')).pages[0];
}

/**
 * Starts the service. `answers`: what the next requests get instead, `{status, detail, headers}` or `{cut: pages}`;
 * `requests`: what came; `hold(n)`: pages from the n-th of a file on wait until the function that it gives is called.
 */
export async function startService({ folder = PAGE, routes = {} } = {}) {
  const service = { answers: [], requests: [], url: '', held: null, stop: () => {}, hold };
  function hold(from) {
    let release = () => {};
    const released = new Promise((done) => (release = done));
    service.held = { from, released };
    return () => {
      service.held = null;
      release();
    };
  }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    response.setHeader('Content-Security-Policy', CSP);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (request.method === 'POST' && url.pathname === '/v1/read') return read(service, request, response, url);
    const path = url.pathname === '/' ? '/index.html' : url.pathname;
    try {
      const data = routes[path] ?? readFileSync(join(folder, path));
      response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(data);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  service.url = `http://127.0.0.1:${server.address().port}/`;
  service.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return service;
}

async function read(service, request, response, url) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  service.requests.push({ url, body, headers: request.headers });
  const answer = service.answers.shift() ?? {};
  if (answer.status) {
    response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
    return response.end(JSON.stringify({ detail: answer.detail ?? 'no' }));
  }
  const names =
    body.subarray(0, 5).toString('latin1') === '%PDF-'
      ? NAMES
      : [[...PICTURES.keys()].find((name) => PICTURES.get(name).equals(body)) ?? 'letter'];
  const shows = names.length > 1 || body.subarray(0, 2).toString('latin1') === 'II';
  response.writeHead(200, { 'Content-Type': 'application/jsonl' });
  for (const [k, name] of names.entries()) {
    if (service.held && k >= service.held.from) await service.held.released;
    if (k === answer.cut) return response.destroy();
    const row = {
      schema: 'chuviet/pages',
      version: 1,
      ...pageOf(name),
      name: names.length > 1 ? `upload#${k + 1}` : 'upload',
    };
    if (url.searchParams.get('pictures') && !answer.withoutPictures) row.of = names.length;
    if (shows && url.searchParams.get('pictures') && !answer.withoutPictures) {
      row.picture = `data:image/jpeg;base64,${PICTURES.get(name).toString('base64')}`;
    }
    response.write(`${JSON.stringify(row)}\n`);
  }
  return response.end();
}
