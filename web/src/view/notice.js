/** What went wrong with a file, in plain words, and what can be done. */

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';

/** @typedef {import('../documents.js').Document} Document */

/**
 * Shows the error of a file, or nothing.
 * @param {HTMLElement} element
 * @param {Document | null} document
 * @param {{retry: (document: Document) => void, useToken: (token: string) => void}} actions
 */
export function showNotice(element, document, { retry, useToken }) {
  const again = document && (document.state === 'failed' || document.state === 'cancelled');
  element.hidden = !again;
  element.replaceChildren();
  if (!again) return;
  const { error } = document;
  const needsToken = error?.problem === 'token';
  element.dataset.kind = error ? 'error' : 'cancelled';
  const says = error ? t(`problem_${error.problem}`) : t('cancelled');
  const detail = error?.detail ? h('p', { class: 'detail', lang: 'en' }, error.detail) : null;
  const retrying = h('button', { type: 'button', class: 'small', onclick: () => retry(document) }, t('retry'));
  element.append(
    icon(error ? 'bad' : 'minus'),
    h(
      'div',
      { class: 'notice-words' },
      h('p', {}, h('strong', {}, document.name), ' · ', says),
      ...(detail ? [detail] : []),
    ),
    needsToken
      ? tokenForm((token) => {
          useToken(token);
          retry(document);
        })
      : retrying,
  );
}

/** @param {(token: string) => void} use */
function tokenForm(use) {
  const input = h('input', { type: 'password', id: 'token', autocomplete: 'off', required: true });
  return h(
    'form',
    {
      class: 'token',
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        if (input.value) use(input.value.trim());
      },
    },
    h('label', { for: 'token' }, t('token')),
    input,
    h('button', { type: 'submit', class: 'small' }, t('tokenUse')),
  );
}
