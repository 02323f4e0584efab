/** Keeps the page's files, for when there is no network; see sw.js. */

if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register(new URL('../sw.js', import.meta.url)).catch(() => {}); // without it the page works online
}
