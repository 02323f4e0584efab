/** The language of the page: Vietnamese or English, remembered. */

import { en } from './texts/en.js';
import { vi } from './texts/vi.js';

/** @typedef {typeof vi} Texts */
/** @typedef {keyof Texts} Key */
/** @typedef {'vi' | 'en'} Language */

/** @type {Record<Language, Texts>} */
const ALL = { vi, en };

/** @type {Language} */
let language = 'vi';

/** The one that was chosen before, or the first of the browser's that the page has. */
export function preferredLanguage() {
  const known = remembered('language');
  if (known === 'vi' || known === 'en') return known;
  const first = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === 'vi' || tag === 'en');
  return first === 'en' ? 'en' : 'vi';
}

/** @param {Language} chosen */
export function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  document.title = ALL[chosen].title;
  for (const element of document.querySelectorAll('[data-t]')) {
    element.textContent = t(/** @type {Key} */ (element.getAttribute('data-t')));
  }
  for (const element of document.querySelectorAll('[data-t-label]')) {
    labelled(element, t(/** @type {Key} */ (element.getAttribute('data-t-label'))));
  }
}

/** The language of the page. */
export function currentLanguage() {
  return language;
}

/**
 * A text of the page.
 * @param {Key} key
 * @param {Record<string, string | number>} values
 */
export function t(key, values = {}) {
  return ALL[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/**
 * Gives an element a name; one that shows no text also shows it when it is pointed at.
 * @param {Element} element
 * @param {string} label
 */
export function labelled(element, label) {
  element.setAttribute('aria-label', label);
  if (element.tagName === 'BUTTON') element.setAttribute('title', label);
}

/**
 * What was kept under a name; null where the browser keeps nothing.
 * @param {string} name
 */
export function remembered(name) {
  try {
    return localStorage.getItem(`chuviet-${name}`);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(`chuviet-${name}`, value);
  } catch {
    // Private windows may forbid it: the choice then lasts as long as the page.
  }
}
