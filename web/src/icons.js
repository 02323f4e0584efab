/** The icons of the page, drawn in lines of the text's colour on a field of 24 x 24. */

import { s } from './dom.js';

const PATHS = {
  add: 'M12 5v14M5 12h14',
  bad: 'M12 8v5M12 16.5v.01M12 3.5l9 16H3z',
  boxes: 'M4 6h16v4H4zM4 14h10v4H4z',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  corrected: 'M4 20l1-4L16 5l3 3L8 19z',
  done: 'M5 12.5l4.5 4.5L19 7.5',
  down: 'M6 9.5l6 6 6-6',
  download: 'M12 4v11M7.5 10.5L12 15l4.5-4.5M5 20h14',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  left: 'M14.5 6l-6 6 6 6',
  minus: 'M5 12h14',
  photo: 'M4 8h4l1.5-2.5h5L16 8h4v11H4zM12 10a3.2 3.2 0 1 0 .01 0',
  raw: 'M4 7h16M4 12h16M4 17h9',
  redo: 'M15 5l4 4-4 4M19 9h-9a5 5 0 0 0 0 10h4',
  right: 'M9.5 6l6 6-6 6',
  theme: 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16',
  undo: 'M9 5L5 9l4 4M5 9h9a5 5 0 0 1 0 10h-4',
  upload: 'M12 16V5M7.5 9.5L12 5l4.5 4.5M5 19h14',
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name */
export function icon(name) {
  return s(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    s('path', { d: PATHS[name] }),
  );
}

/**
 * Puts the icons where the page wants them: into all elements with `data-icon`.
 * @param {ParentNode} root
 */
export function placeIcons(root) {
  for (const element of root.querySelectorAll('[data-icon]')) {
    element.prepend(icon(/** @type {IconName} */ (element.getAttribute('data-icon'))));
  }
}
