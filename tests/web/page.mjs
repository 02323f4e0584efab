// Gives files to the page in Chromium, as a person does: see test_whole.py and test_wheel.py. Standard input has the
// task, standard output what was seen of each file, as JSON. Only a service is sent anything.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const task = JSON.parse(readFileSync(0, 'utf8'));
const { chromium } = await import(join(task.modules, 'playwright-core/index.mjs'));
const browser = await chromium.launch({
  executablePath: task.chromium,
  timeout: 0, // other work on the machine may keep it waiting
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
const page = await browser.newPage({ locale: 'en-US' });
page.setDefaultTimeout(240_000);
const problems = [];
page.on('pageerror', (error) => problems.push(String(error)));
page.on('dialog', (dialog) => problems.push(`dialog: ${dialog.message()}`));
page.on('request', (request) => {
  const isOwn = request.url().startsWith(task.url) || /^(blob|data):/.test(request.url());
  if (!isOwn || (request.method() !== 'GET' && !task.isService)) problems.push(`${request.method()} ${request.url()}`);
});
await page.goto(task.url);

const seen = [];
for (const { name, path, stopAfter } of task.files) {
  await page.setInputFiles('#file-input', {
    name,
    mimeType: '',
    buffer: readFileSync(path),
  });
  const entry = page.locator('.file').last();
  if (stopAfter) {
    await page.waitForFunction((pages) => {
      const status = [...document.querySelectorAll('.file-status')].at(-1).textContent;
      return Number(/^Reading page (\d+) of/.exec(status)?.[1]) > pages;
    }, stopAfter);
    await entry.getByRole('button', { name: /^Stop reading/ }).click();
  }
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.file')].every((one) => !/waiting|reading/.test(one.dataset.state)),
  );
  if (seen.length) await entry.locator('.file-open').click();
  const result = {
    name: await entry.locator('.file-name').innerText(),
    state: await entry.getAttribute('data-state'),
    status: await entry.locator('.file-status').innerText(),
    notice: '',
    pages: [],
    downloads: {},
  };
  seen.push(result);
  if (await page.locator('#notice').isVisible()) result.notice = await page.locator('#notice').innerText();
  while (await page.locator('#desk').isVisible()) {
    result.pages.push(await page.locator('#text .line').allInnerTexts());
    const next = page.locator('#next');
    if (stopAfter || !(await next.isVisible()) || (await next.isDisabled())) break;
    await next.click();
  }
  for (const format of result.state === 'done' ? task.formats : []) {
    await page.click('#download');
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-format=${format}]`)]);
    const to = join(task.out, `${seen.length}.${format}`);
    await file.saveAs(to);
    result.downloads[format] = { name: file.suggestedFilename(), path: to };
  }
}
await browser.close();
process.stdout.write(JSON.stringify({ seen, problems }));
