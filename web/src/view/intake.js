/** How files come in: chosen, dropped, pasted, photographed. */

import { byId } from '../dom.js';

/** @param {(files: File[]) => void} take */
export function listenForFiles(take) {
  const [input, photo] = [byId('file-input'), byId('photo-input')].map((one) => /** @type {HTMLInputElement} */ (one));
  for (const id of ['choose', 'add']) byId(id).addEventListener('click', () => input.click());
  for (const id of ['photo', 'add-photo']) byId(id).addEventListener('click', () => photo.click());
  for (const one of [input, photo]) {
    one.addEventListener('change', () => {
      take([...(one.files ?? [])]);
      one.value = ''; // so that the same file can be chosen again
    });
  }
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  listenForDrops(take);
}

/** Files may be dropped anywhere. @param {(files: File[]) => void} take */
function listenForDrops(take) {
  const cover = byId('dropping');
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files');
  let inside = 0;
  document.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    inside++;
    cover.hidden = false;
  });
  document.addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault());
  document.addEventListener('dragleave', () => {
    inside = Math.max(inside - 1, 0);
    cover.hidden = !inside;
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    inside = 0;
    cover.hidden = true;
    take([...(event.dataTransfer?.files ?? [])]);
  });
}
