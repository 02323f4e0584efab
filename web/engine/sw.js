/**
 * The service worker of an export: its files come from the browser's storage, each checked against its SHA-256 when it
 * is put there. Weights and runtime are put there by files.js, when they are first loaded.
 *
 * With the headers that it adds the page is isolated from other origins, from its second visit on: then the networks
 * run on several threads.
 */

const VERSION = '__VERSION__';
const CACHE = `chuviet-${VERSION}`;
const LARGE = /\.deflated$/;
const scope = /** @type {any} */ (globalThis);
const root = new URL('./', location.href);

scope.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(install()));
scope.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(activate()));
scope.addEventListener('fetch', (/** @type {any} */ event) => {
  const { method, url } = event.request;
  if (method === 'GET' && url.startsWith(root.href)) event.respondWith(answer(event.request));
});

async function install() {
  const answer = await fetch(new URL('manifest.json', root), { cache: 'no-cache' });
  const copy = answer.clone();
  /** @type {import('./files.js').Manifest} */
  const { files, version } = await answer.json();
  if (version !== VERSION) throw new Error('another version is being written');
  const cache = await caches.open(CACHE);
  await cache.put(new URL('manifest.json', root), copy);
  await Promise.all(
    Object.entries(files).map(async ([path, { sha256 }]) => {
      if (LARGE.test(path)) return;
      const found = await fetch(new URL(path, root), { cache: 'no-cache' });
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await found.clone().arrayBuffer()));
      const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
      if (!found.ok || hex !== sha256) throw new Error(`${path} is not the file that was exported`);
      await cache.put(new URL(path, root), found);
    }),
  );
  await scope.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('chuviet-') && name !== CACHE).map((name) => caches.delete(name)),
  );
  await scope.clients.claim();
}

/** @param {Request} request */
async function answer(request) {
  const url = new URL(request.url);
  if (url.href === root.href) url.pathname += 'index.html';
  const cache = await caches.open(CACHE);
  const found = (await cache.match(url, { ignoreSearch: true })) ?? (await fetch(request));
  if (found.type === 'opaque' || found.status === 0) return found;
  const headers = new Headers(found.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  return new Response(found.body, { status: found.status, statusText: found.statusText, headers });
}
