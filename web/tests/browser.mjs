// What the tests of the page share: Chromium, the service, a page opened in it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

import { startService } from './service.mjs';

export const EXECUTABLE =
  process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
/** A real service to test instead of the small one: CHUVIET_URL=http://127.0.0.1:8000/. */
export const REAL = process.env.CHUVIET_URL;

export async function openBrowser() {
  // No limit of time: other work on the machine may keep it waiting.
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'], timeout: 0 });
  const service = REAL
    ? { url: REAL, answers: [], requests: [], hold: () => () => {}, stop() {} }
    : await startService();
  return { browser, service, close: () => browser.close().finally(() => service.stop()) };
}

/** A fresh page in a context of its own. It fails the test when a script fails, or the content policy forbids anything. */
export async function openPage({ browser, service }, options = {}) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on(
    'console',
    (message) =>
      message.type() === 'error' &&
      !/status of 4|status of 5|ERR_/.test(message.text()) &&
      problems.push(message.text()),
  );
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(service.url) || /^(blob|data):/.test(request.url());
    if (!isOwn) problems.push(`a request to ${request.url()}`);
  });
  await page.goto(service.url);
  return { page, problems, close: () => context.close() };
}

/** Runs a test in a page of its own. */
export function inPage(world, options, body) {
  return async (test) => {
    const { page, problems, close } = await openPage(world(), options);
    try {
      await body(page, test);
      assert.deepEqual(problems, []);
    } finally {
      await close();
    }
  };
}

/** What axe finds, as `rule: element`. */
export async function axeFinds(page) {
  // Scripts of the tests are not the page's: the content policy does not bind what is evaluated through the debugger.
  await page.evaluate(axe.source);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target} ${node.failureSummary}`));
}

/** The text of an element without the spaces around it. */
export async function textOf(page, selector) {
  return (await page.locator(selector).first().innerText()).trim();
}
