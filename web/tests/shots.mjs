// Draws the two screenshots of docs/page.md anew: node tests/shots.mjs
import { join, resolve } from 'node:path';

import { openBrowser, openPage } from './browser.mjs';
import { EXAMPLES } from './service.mjs';

const DOCS = resolve(import.meta.dirname, '../../docs');
const world = await openBrowser();

async function shot(name, options, body) {
  const { page, close } = await openPage(world, options);
  await page.setInputFiles('#file-input', [join(EXAMPLES, 'letter.jpg'), join(EXAMPLES, 'document.jpg')]);
  await page.waitForFunction(
    () => [...document.querySelectorAll('.file')].filter((one) => one.dataset.state === 'done').length === 2,
  );
  await body(page);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(DOCS, name), type: 'jpeg', quality: 82 });
  await close();
}

const edit = (page) => page.locator('#text .line').nth(7).click();
await shot('page_desk.jpg', { viewport: { width: 1280, height: 800 } }, edit);
await shot(
  'page_phone.jpg',
  {
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
    colorScheme: 'dark',
    locale: 'vi-VN',
  },
  async (page) => {
    await page.locator('#text .line').nth(4).tap();
    await page.locator('.editor').evaluate((one) => scrollBy(0, one.getBoundingClientRect().top - 330));
  },
);
await world.close();
