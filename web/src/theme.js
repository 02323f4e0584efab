/** Light or dark: what the system has, until the switch says otherwise; then what was chosen, remembered. */

import { labelled, remember, remembered, t } from './i18n.js';

const DARK = matchMedia('(prefers-color-scheme: dark)');

/**
 * Sets what was chosen before, and makes a button the switch.
 * @param {HTMLElement} button
 */
export function listenForTheme(button) {
  const before = remembered('theme');
  if (before === 'dark' || before === 'light') document.documentElement.dataset.theme = before;
  button.addEventListener('click', () => {
    const chosen = isDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = chosen;
    remember('theme', chosen);
    nameTheme(button);
  });
  DARK.addEventListener('change', () => nameTheme(button));
}

/**
 * Says what the switch does next, in the language of the page.
 * @param {HTMLElement} button
 */
export function nameTheme(button) {
  labelled(button, t(isDark() ? 'themeLight' : 'themeDark'));
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : DARK.matches;
}
