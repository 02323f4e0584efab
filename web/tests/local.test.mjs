// The page that reads inside the browser: the same page, a worker (here one that knows the answer), and pdf.js.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { EXECUTABLE, axeFinds, inPage, textOf } from './browser.mjs';
import { EXAMPLES, PAGE, pageOf, startService } from './service.mjs';

const WEB = resolve(import.meta.dirname, '..');
const VITE = join(WEB, 'node_modules/vite/bin/vite.js');
const folder = mkdtempSync(join(tmpdir(), 'chuviet-local-'));

/**
 * Answers as the reader inside the browser does; `slow.jpg` takes until it is cancelled, `bad.jpg` is broken, for
 * `none.jpg` there is no reader.
 */
function worker(page) {
  const names = new Map();
  onmessage = async ({ data: { id, type, file } }) => {
    if (type === 'cancel') return names.set(id, 'cancelled');
    const bitmap = file.name.startsWith('bad') ? null : await createImageBitmap(file);
    postMessage({ id, type: 'progress', stage: 'loading', done: 1, of: 4 });
    if (file.name.startsWith('none'))
      return postMessage({ id, type: 'error', stage: 'loading', message: 'manifest.json cannot be loaded' });
    if (!bitmap) return postMessage({ id, type: 'error', message: 'bad.jpg: a truncated JPEG' });
    if (file.name.startsWith('slow')) return undefined;
    const [sx, sy] = [bitmap.width / page.width, bitmap.height / page.height];
    const scaled = (points) => points.map(([x, y]) => [x * sx, y * sy]);
    const lines = page.lines.map((line) => ({ ...line, points: scaled(line.points), outline: undefined, words: [] }));
    postMessage({
      id,
      type: 'page',
      page: { ...page, lines, name: file.name, width: bitmap.width, height: bitmap.height },
      index: 0,
      of: 1,
    });
    return postMessage({ id, type: 'done' });
  };
}

let world;
before(async () => {
  execFileSync('node', [VITE, 'build', '--mode', 'browser', '--outDir', folder, '--logLevel', 'warn'], { cwd: WEB });
  const source = `(${worker})(${JSON.stringify(pageOf('letter'))})`;
  const service = await startService({ folder, routes: { '/engine/worker.js': source } });
  world = { service, browser: await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] }) };
});
after(async () => {
  await world?.browser.close();
  world?.service.stop();
});
const withPage = (body) => inPage(() => world, {}, body);

test(
  'a picture is read by the worker, and nothing is sent',
  withPage(async (page) => {
    await page.setInputFiles('#file-input', join(EXAMPLES, 'letter.jpg'));
    await page.locator('.line').first().waitFor();
    assert.equal(await page.locator('.line').first().innerText(), pageOf('letter').lines[0].text);
    assert.equal(world.service.requests.length, 0);
    assert.match(await textOf(page, '.file-name'), /letter.jpg/);
    assert.deepEqual(await axeFinds(page), []);
  }),
);

test(
  'pages of a PDF are drawn by pdf.js, which is loaded for them alone',
  withPage(async (page) => {
    const loaded = () =>
      page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map((one) => one.name)
          .filter((name) => /\/pdf/.test(name)),
      );
    assert.deepEqual(await loaded(), []);
    await page.setInputFiles('#file-input', join(EXAMPLES, 'document.pdf'));
    await page.locator('.line').first().waitFor({ timeout: 30_000 });
    assert.ok((await loaded()).length >= 1);
    await page.waitForFunction(() => document.querySelector('.stage img').naturalWidth > 0);
    const [width, height, dark] = await page.locator('.stage img').evaluate((image) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 200, height: 240 });
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0, 200, 240);
      const { data } = context.getImageData(0, 0, 200, 240);
      return [
        image.naturalWidth,
        image.naturalHeight,
        data.filter((value, k) => k % 4 === 0 && value < 128).length / 48_000,
      ];
    });
    assert.ok(
      Math.abs(height - (842 * 200) / 72) < 2 && Math.abs(width / height - 1001 / 1200) < 0.01,
      `${width} ${height}`,
    );
    assert.ok(dark > 0.05 && dark < 0.95, `dark ${dark}`);
  }),
);

test(
  'a folder without pdf.js says that it reads no PDFs',
  withPage(async (page) => {
    await page.route('**/pdf.js', (route) => route.fulfill({ status: 404 }));
    await page.setInputFiles('#file-input', join(EXAMPLES, 'document.pdf'));
    await page.locator('#notice').waitFor();
    assert.match(await textOf(page, '#notice'), /no PDFs/);
  }),
);

test(
  'an error of the worker is said, a slow file is cancelled',
  withPage(async (page) => {
    const buffer = readFileSync(join(EXAMPLES, 'letter.jpg'));
    await page.setInputFiles('#file-input', [
      { name: 'bad.jpg', mimeType: 'image/jpeg', buffer },
      { name: 'slow.jpg', mimeType: 'image/jpeg', buffer },
    ]);
    await page.locator('#notice').waitFor();
    assert.match(await textOf(page, '#notice'), /damaged[^]*a truncated JPEG/);
    await page.locator('.file-status', { hasText: 'Loading the reader: 25 %' }).waitFor();
    await page.getByRole('button', { name: 'Stop reading slow.jpg' }).click();
    await page.locator('.file[data-state=cancelled]').waitFor();
  }),
);

test(
  'a reader that cannot be loaded is no fault of the file',
  withPage(async (page) => {
    await page.setInputFiles('#file-input', {
      name: 'none.jpg',
      mimeType: 'image/jpeg',
      buffer: readFileSync(join(EXAMPLES, 'letter.jpg')),
    });
    await page.locator('#notice').waitFor();
    assert.match(await textOf(page, '#notice'), /reader cannot be loaded[^]*manifest.json/);
  }),
);

test('the page in the repository is the one that is built', { skip: !existsSync(VITE) }, () => {
  const fresh = mkdtempSync(join(tmpdir(), 'chuviet-build-'));
  execFileSync('node', [VITE, 'build', '--outDir', fresh, '--logLevel', 'warn'], { cwd: WEB });
  for (const name of ['index.html', 'page.js', 'page.css', 'icon.svg']) {
    assert.equal(
      readFileSync(join(fresh, name), 'utf8'),
      readFileSync(join(PAGE, name), 'utf8'),
      `${name}: run npm run build`,
    );
  }
});
