// The page in a real browser, against a small service or (CHUVIET_URL) the real one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { TEXT_FORMATS, writePdf } from '../src/formats/known.js';
import { REAL, axeFinds, inPage, openBrowser, openPage, textOf } from './browser.mjs';
import { EXAMPLES, NAMES, pageOf } from './service.mjs';

const LETTER = join(EXAMPLES, 'letter.jpg');
const DOCUMENT = join(EXAMPLES, 'document.jpg');
const folder = mkdtempSync(join(tmpdir(), 'chuviet-page-'));
const PDF = join(folder, 'three.pdf');
const skipReal = REAL ? { skip: 'of the small service alone' } : {};

let world;
before(async () => {
  const jpeg = async (_, k) => {
    const { width, height } = pageOf(NAMES[k]);
    return { bytes: readFileSync(join(EXAMPLES, `${NAMES[k]}.jpg`)), width, height, isGrey: false };
  };
  writeFileSync(
    PDF,
    await writePdf(
      NAMES.map((name) => ({ ...pageOf(name), lines: [], blocks: [] })),
      jpeg,
    ),
  );
  world = await openBrowser();
});
after(() => world?.close());
const withPage = (options, body) => inPage(() => world, options, body);

/** What the service reads in a file, asked without the page. */
async function readBy(file, name) {
  const response = await fetch(new URL('v1/read?format=jsonl', world.service.url), {
    method: 'POST',
    body: readFileSync(file),
  });
  const rows = (await response.text())
    .split('\n')
    .filter(Boolean)
    .map((row) => JSON.parse(row));
  return rows.map(({ schema: _schema, version: _version, ...page }) => ({
    ...page,
    name: name + (/#\d+$/.exec(page.name)?.[0] ?? ''),
  }));
}

async function bring(page, ...files) {
  await page.setInputFiles('#file-input', files);
  await page.locator('.line').first().waitFor({ timeout: 60_000 });
}

const allDone = (page) =>
  page.waitForFunction(
    () => [...document.querySelectorAll('.file')].every((one) => one.dataset.state === 'done'),
    null,
    { timeout: 120_000 },
  );
const line = (page, number) => page.locator('#text .line').nth(number);
const status = (page, words) =>
  page.waitForFunction((part) => document.querySelector('#status').textContent.includes(part), words);

async function download(page, format) {
  await page.click('#download');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-format=${format}]`)]);
  const path = join(folder, `${Math.random().toString(36).slice(2)}-${file.suggestedFilename()}`);
  await file.saveAs(path);
  return { name: file.suggestedFilename(), path, text: readFileSync(path, 'utf8') };
}

describe('reading', () => {
  test(
    'a picture is shown beside its text, line by line',
    withPage({}, async (page) => {
      const [expected] = await readBy(LETTER, 'letter.jpg');
      await bring(page, LETTER);
      await allDone(page);
      assert.equal(await page.locator('#text .line').count(), expected.lines.length);
      assert.equal(await page.locator('.lines polygon').count(), expected.lines.length);
      assert.equal(await line(page, 1).innerText(), expected.lines[1].text);
      await page.waitForFunction(() => document.querySelector('.stage img').naturalWidth > 0);
      assert.ok(await page.locator('#no-picture').isHidden());
    }),
  );

  test(
    'lines on a dark part of the picture have light boxes',
    withPage({}, async (page) => {
      await bring(page, LETTER, join(EXAMPLES, 'photo.jpg'));
      await allDone(page);
      await page.waitForFunction(() => document.querySelector('.stage img').naturalWidth > 0);
      assert.equal(await page.locator('.lines polygon.dark').count(), 0);
      await page.locator('.file-open').nth(1).click();
      await page.locator('.lines polygon.dark').first().waitFor({ state: 'attached' });
      const isDark = await page.locator('.lines polygon').evaluateAll((all) => all.map((one) => one.matches('.dark')));
      const texts = await page.locator('#text .line').allInnerTexts();
      assert.ok(isDark[texts.findIndex((text) => text.endsWith('OFF'))], 'in front of a window at night');
    }),
  );

  test(
    'pages of a PDF come one by one, each with its picture',
    withPage({}, async (page) => {
      const release = world.service.hold(2);
      await page.setInputFiles('#file-input', PDF);
      await page.locator('.line').first().waitFor({ timeout: 60_000 });
      if (!REAL) await page.locator('.file-status', { hasText: 'Reading page 3 of 3' }).waitFor();
      release();
      await allDone(page);
      assert.equal(await textOf(page, '#page-number'), 'Page 1 of 3');
      const pages = await readBy(PDF, 'three.pdf');
      for (const [k, expected] of pages.entries()) {
        if (k) await page.click('#next');
        assert.equal(await line(page, 0).innerText(), expected.lines[0].text);
        await page.waitForFunction((ratio) => {
          const image = document.querySelector('.stage img');
          return (
            image.complete && image.naturalWidth && Math.abs(image.naturalWidth / image.naturalHeight - ratio) < 0.02
          );
        }, expected.width / expected.height);
      }
      assert.ok(await page.locator('#next').isDisabled());
      await page.click('#previous');
      assert.equal(await textOf(page, '#page-number'), 'Page 2 of 3');
      const { name, text } = await download(page, 'json');
      assert.equal(name, 'three.json');
      assert.equal(text, TEXT_FORMATS.json(pages));
    }),
  );

  test(
    'a picture that no browser shows is a blank sheet with its boxes',
    skipReal,
    withPage({}, async (page) => {
      world.service.answers.push({ withoutPictures: true });
      const tiff = join(folder, 'scan.tif');
      writeFileSync(tiff, Buffer.concat([Buffer.from('II*\0'), Buffer.alloc(64)]));
      await bring(page, tiff);
      await page.locator('#no-picture').waitFor();
      assert.ok((await page.locator('.lines polygon').count()) > 5);
      await page.locator('#text .line').first().click();
      assert.equal(await page.locator('.crop').count(), 0);
    }),
  );

  test(
    'the picture of a TIFF comes from the service',
    skipReal,
    withPage({}, async (page) => {
      const tiff = join(folder, 'scan2.tif');
      writeFileSync(tiff, Buffer.concat([Buffer.from('II*\0'), Buffer.alloc(64)]));
      await bring(page, tiff);
      await page.waitForFunction(() => document.querySelector('.stage img').naturalWidth > 0);
      assert.ok(await page.locator('#no-picture').isHidden());
    }),
  );

  test(
    'several files are read one after the other; any of them is shown, or taken away',
    withPage({}, async (page) => {
      await bring(page, LETTER, DOCUMENT);
      await allDone(page);
      const [expected] = await readBy(DOCUMENT, 'document.jpg');
      await page.locator('.file-open').nth(1).click();
      assert.equal(await line(page, 0).innerText(), expected.lines[0].text);
      assert.ok((await page.locator('#text table').count()) >= 1);
      await page.getByRole('button', { name: 'Remove document.jpg' }).click();
      assert.equal(await page.locator('.file').count(), 1);
      await page.getByRole('button', { name: 'Remove letter.jpg' }).click();
      assert.ok(await page.locator('#intake').isVisible());
      assert.ok(await page.locator('#choose').evaluate((one) => one === document.activeElement));
    }),
  );

  test(
    'a file that is dropped, and one that is pasted, are read',
    withPage({}, async (page) => {
      const give = (type, event) =>
        page.evaluate(
          async ([data, kind, how]) => {
            const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], `${how}.jpg`, { type: 'image/jpeg' }));
            const made =
              how === 'drop'
                ? new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true })
                : new ClipboardEvent(kind, { clipboardData: transfer, bubbles: true, cancelable: true });
            document.body.dispatchEvent(made);
          },
          [readFileSync(LETTER).toString('base64'), event, type],
        );
      await give('drop', 'dragenter');
      assert.ok(await page.locator('#dropping').isVisible());
      await give('drop', 'drop');
      assert.ok(await page.locator('#dropping').isHidden());
      await give('paste', 'paste');
      await allDone(page);
      assert.deepEqual(await page.locator('.file-name').allInnerTexts(), ['drop.jpg', 'paste.jpg']);
      assert.ok((await page.locator('#text .line').count()) > 5);
    }),
  );

  test(
    'a photo that lies on its side by its EXIF entry is shown upright',
    skipReal,
    withPage({}, async (page) => {
      const jpeg = readFileSync(LETTER);
      const exif = Buffer.from(
        'ffe1002245786966000049492a00080000000100120103000100000006000000000000000000',
        'hex',
      ).subarray(0, 36);
      writeFileSync(join(folder, 'turned.jpg'), Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]));
      await bring(page, join(folder, 'turned.jpg'));
      await page.waitForFunction(() => document.querySelector('.stage img').naturalWidth > 0);
      const [width, height] = await page
        .locator('.stage img')
        .evaluate((image) => [image.naturalWidth, image.naturalHeight]);
      const letter = pageOf('letter');
      assert.deepEqual([width, height], [letter.height, letter.width]);
    }),
  );
});

describe('finding', () => {
  test(
    'a line that is pointed at stands out on both sides',
    withPage({}, async (page) => {
      await bring(page, LETTER);
      await line(page, 3).hover();
      assert.equal(await page.locator('.lines polygon.active').count(), 1);
      assert.ok(
        await page
          .locator('.lines polygon')
          .nth(3)
          .evaluate((one) => one.classList.contains('active')),
      );
      await page.locator('.lines polygon').nth(5).hover();
      assert.ok(await line(page, 5).evaluate((one) => one.classList.contains('active')));
      await page.locator('.lines polygon').nth(5).click();
      await page.locator('.editor').waitFor();
    }),
  );

  test(
    'the slider marks words by their confidence, underlined and counted',
    withPage({}, async (page) => {
      await bring(page, LETTER);
      const [{ lines }] = await readBy(LETTER, 'letter.jpg');
      for (const percent of [70, 90, 50, 0]) {
        await page.locator('#threshold').fill(String(percent));
        const words = lines.flatMap((one) => one.words).filter((word) => word.confidence < percent / 100);
        assert.deepEqual(
          await page.locator('#text mark').allInnerTexts(),
          words.map((word) => word.text),
        );
        assert.equal(await page.locator('.doubts polygon').count(), words.length);
        assert.match(await textOf(page, '#doubtful-count'), words.length > 1 ? new RegExp(`^${words.length} `) : /./);
      }
      await page.locator('#threshold').fill('90');
      assert.match(
        await page
          .locator('#text mark')
          .first()
          .evaluate((one) => getComputedStyle(one).textDecorationLine),
        /underline/,
      );
      await page.click('#doubtful');
      await page.locator('.editor').waitFor();
    }),
  );

  test(
    'the picture zooms by buttons, keys and the wheel, and is moved by the mouse',
    withPage({}, async (page) => {
      await bring(page, LETTER);
      const width = () => page.locator('.stage').evaluate((one) => one.getBoundingClientRect().width);
      const fits = await width();
      await page.click('#zoom-in');
      assert.ok(Math.abs((await width()) / fits - 1.25) < 0.01);
      assert.equal(await textOf(page, '#zoom'), '125 %');
      await page.focus('#sheet');
      await page.keyboard.press('+');
      await page.keyboard.press('+');
      assert.ok(Math.abs((await width()) / fits - 1.25 ** 3) < 0.01);
      const before = await page.locator('#sheet').evaluate((one) => one.scrollTop);
      await page.locator('#sheet').hover();
      await page.mouse.down();
      await page.mouse.move(300, 300, { steps: 4 });
      await page.mouse.up();
      assert.notEqual(await page.locator('#sheet').evaluate((one) => one.scrollTop), before);
      await page.keyboard.press('Escape');
      await page.focus('#sheet');
      await page.keyboard.press('0');
      assert.ok(Math.abs((await width()) / fits - 1) < 0.01);
      await page.locator('#sheet').hover();
      await page.keyboard.down('Control');
      await page.mouse.wheel(0, -300);
      await page.keyboard.up('Control');
      assert.ok((await width()) > 1.3 * fits);
      await page.click('#zoom-fit');
      assert.ok(Math.abs((await width()) / fits - 1) < 0.01);
      await page.click('#boxes');
      assert.equal(
        await page
          .locator('.lines polygon')
          .first()
          .evaluate((one) => getComputedStyle(one).opacity),
        '0',
      );
    }),
  );

  test(
    'the raw reading is one click away',
    withPage({}, async (page) => {
      const [{ lines }] = await readBy(LETTER, 'letter.jpg');
      const number = lines.findIndex((one) => one.text !== one.raw_text);
      await bring(page, LETTER);
      assert.equal(await line(page, number).innerText(), lines[number].text);
      await page.click('#raw');
      assert.equal(await line(page, number).innerText(), lines[number].raw_text);
      assert.ok((await line(page, number).locator('.differs').count()) >= 1);
      await page.click('#raw');
      assert.equal(await line(page, number).innerText(), lines[number].text);
    }),
  );
});

describe('correcting', () => {
  test(
    'keys alone correct, go on to the next line, leave, undo and do again',
    withPage({}, async (page) => {
      const [{ lines }] = await readBy(LETTER, 'letter.jpg');
      await bring(page, LETTER);
      await page.locator('.skip').focus();
      await page.keyboard.press('Enter');
      for (let k = 0; k < 20 && !(await page.evaluate(() => document.activeElement.classList.contains('line'))); k++)
        await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Control+A');
      await page.keyboard.type('Sửa dòng hai');
      await page.keyboard.press('Tab');
      assert.equal(await page.locator('.edit-input').inputValue(), lines[2].text);
      await page.keyboard.press('Control+A');
      await page.keyboard.type('sẽ bỏ');
      await page.keyboard.press('Escape');
      assert.equal(await line(page, 1).innerText(), 'Sửa dòng hai');
      assert.equal(await line(page, 2).innerText(), lines[2].text);
      assert.ok(await line(page, 2).evaluate((one) => one === document.activeElement));
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('F2');
      await page.keyboard.press('End');
      await page.keyboard.type(' X');
      await page.keyboard.press('Enter');
      assert.equal(await line(page, 0).innerText(), `${lines[0].text} X`);
      await page.keyboard.press('Control+z');
      assert.equal(await line(page, 0).innerText(), lines[0].text);
      await page.keyboard.press('Control+z');
      assert.equal(await line(page, 1).innerText(), lines[1].text);
      assert.ok(await page.locator('#undo').isDisabled());
      await page.keyboard.press('Control+y');
      assert.equal(await line(page, 1).innerText(), 'Sửa dòng hai');
      assert.match(await line(page, 1).getAttribute('aria-label'), /Corrected/);
      await page.keyboard.press('Shift+Tab');
    }),
  );

  test(
    'an editor shows the line as it stands on the picture, and takes the raw reading',
    withPage({}, async (page) => {
      const [{ lines }] = await readBy(LETTER, 'letter.jpg');
      const number = lines.findIndex((one) => one.text !== one.raw_text);
      await bring(page, LETTER);
      await line(page, number).click();
      const ink = await page.locator('.crop').evaluate((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const dark = data.filter((value, k) => k % 4 === 0 && value < 140).length;
        return dark / (data.length / 4);
      });
      assert.ok(ink > 0.02 && ink < 0.6, `ink ${ink}`);
      await page
        .getByRole('button', { name: /^Use this/ })
        .first()
        .click();
      await page.getByRole('button', { name: 'Save' }).click();
      assert.equal(await line(page, number).innerText(), lines[number].raw_text);
      await line(page, number).click();
      await page.locator('.edit-input').fill(lines[number].text);
      await page.locator('.edit-input').press('Enter');
      assert.equal(await page.locator('.line.corrected').count(), 0, 'what was read is no correction');
    }),
  );

  test(
    'who clicks elsewhere keeps what was typed',
    withPage({}, async (page) => {
      await bring(page, LETTER);
      await line(page, 0).click();
      await page.locator('.edit-input').fill('một hai ba');
      await page.click('#copy');
      assert.equal(await line(page, 0).innerText(), 'một hai ba');
      assert.equal(await page.locator('.editor').count(), 0);
    }),
  );

  test(
    'all text is copied, with corrections',
    withPage({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      const pages = await readBy(LETTER, 'letter.jpg');
      await bring(page, LETTER);
      await page.click('#copy');
      await status(page, 'Copied');
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), TEXT_FORMATS.txt(pages));
    }),
  );
});

describe('downloading', () => {
  test(
    'every format has the corrections in it',
    withPage({}, async (page) => {
      const pages = await readBy(LETTER, 'letter.jpg');
      await bring(page, LETTER);
      for (const [format, ending] of [
        ['txt', '.txt'],
        ['json', '.json'],
        ['md', '.md'],
        ['hocr', '.hocr'],
      ]) {
        const { name, text } = await download(page, format);
        assert.equal(name, `letter${ending}`);
        assert.equal(text, TEXT_FORMATS[format](pages));
      }
      await line(page, 0).click();
      await page.locator('.edit-input').fill('Ngoài Ởẫ ra có một chữ nữa');
      await page.locator('.edit-input').press('Enter');
      for (const format of ['txt', 'md', 'json', 'hocr', 'alto']) {
        const { text } = await download(page, format);
        assert.ok(text.includes('Ởẫ') && !text.includes(`${pages[0].lines[0].text}\n`), format);
      }
      const { path, name } = await download(page, 'pdf');
      assert.equal(name, 'letter.pdf');
      assert.ok(readFileSync(path).includes('/DCTDecode'));
      let text;
      try {
        text = execFileSync('pdftotext', ['-raw', path, '-'], { encoding: 'utf8' });
      } catch (error) {
        if (error.code === 'ENOENT') return; // poppler-utils is not installed
        throw error;
      }
      assert.ok(text.includes('Ngoài Ởẫ ra có một chữ nữa'), text);
      for (const { text: expected } of pages[0].lines.slice(1, 10)) assert.ok(text.includes(expected), expected);
    }),
  );

  test(
    'several files go into one',
    withPage({}, async (page) => {
      await bring(page, LETTER, DOCUMENT);
      await allDone(page);
      await page.click('#download');
      await page.check('#all-files');
      const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-format=txt]')]);
      const path = join(folder, 'all.txt');
      await file.saveAs(path);
      const pages = [...(await readBy(LETTER, 'letter.jpg')), ...(await readBy(DOCUMENT, 'document.jpg'))];
      assert.equal(readFileSync(path, 'utf8'), TEXT_FORMATS.txt(pages));
    }),
  );

  test(
    'the menu closes by Escape, and gives the focus back',
    withPage({}, async (page) => {
      await bring(page, LETTER);
      await page.focus('#download');
      await page.keyboard.press('Enter');
      assert.ok(await page.locator('[data-format=txt]').evaluate((one) => one === document.activeElement));
      await page.keyboard.press('Escape');
      assert.ok(await page.locator('#formats').isHidden());
      assert.ok(await page.locator('#download').evaluate((one) => one === document.activeElement));
    }),
  );
});

describe('errors', skipReal, () => {
  const problems = [
    [413, 'letter.jpg: 90 MB', /too large/],
    [415, 'upload: neither an image nor a PDF', /no kind of file/],
    [422, 'upload: a truncated JPEG', /damaged/],
    [504, '', /too long/],
    [500, '', /Something went wrong/],
  ];
  for (const [code, detail, words] of problems) {
    test(
      `status ${code} is said in plain words, and can be tried again`,
      withPage({}, async (page) => {
        world.service.answers.push({ status: code, detail });
        await page.setInputFiles('#file-input', LETTER);
        await page.locator('#notice').waitFor();
        const said = await textOf(page, '#notice');
        assert.match(said, words);
        assert.ok(said.includes('letter.jpg') && said.includes(detail));
        await status(page, 'Could not be read');
        assert.deepEqual(await axeFinds(page), []);
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.locator('.line').first().waitFor();
        assert.ok(await page.locator('#notice').isHidden());
      }),
    );
  }

  test(
    'an empty file, a HEIC photo and names of all kinds',
    withPage({}, async (page) => {
      const heic = Buffer.concat([Buffer.from('00000018667479706865696300000000', 'hex'), Buffer.alloc(400)]);
      const name = '"><img src=x onerror=alert(1)> Đơn xin nghỉ\u202egpj.jpg';
      world.service.answers.push({ status: 415, detail: 'image: a HEIC image' });
      page.on('dialog', () => assert.fail('a name was taken for a script'));
      await page.setInputFiles('#file-input', [
        { name: 'IMG_0001.HEIC', mimeType: '', buffer: heic },
        { name: 'không có gì.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) },
        { name, mimeType: 'image/jpeg', buffer: readFileSync(LETTER) },
      ]);
      await page.locator('.file[data-state=done]').waitFor();
      assert.match(await textOf(page, '#notice'), /IMG_0001.HEIC.*HEIC photo/);
      await page.locator('.file-open').nth(1).click();
      assert.match(await textOf(page, '#notice'), /không có gì.jpg.*empty/);
      assert.equal(world.service.requests.at(-2).body.length, heic.length, 'an empty file is not sent');
      await page.locator('.file-open').nth(2).click();
      await line(page, 0).waitFor();
      assert.equal(await page.locator('.file-name').nth(2).innerText(), name);
      const saved = await download(page, 'hocr');
      assert.ok(saved.name.includes('Đơn xin nghỉ') && !/[<>"/]/.test(saved.name), saved.name);
      assert.ok(!saved.text.includes('<img'));
      assert.deepEqual(await axeFinds(page), []);
    }),
  );

  test(
    'a busy service is asked again after the time that it names',
    withPage({}, async (page) => {
      world.service.answers.push(
        { status: 429, headers: { 'Retry-After': '1' } },
        { status: 429, headers: { 'Retry-After': '1' } },
      );
      await page.setInputFiles('#file-input', LETTER);
      await page.locator('.file-status', { hasText: 'busy' }).waitFor();
      await page.locator('.line').first().waitFor();
    }),
  );

  test(
    'a token is asked for, and sent',
    withPage({}, async (page) => {
      world.service.answers.push({ status: 401, detail: 'a token is wanted' });
      await page.setInputFiles('#file-input', LETTER);
      await page.locator('#token').fill('sixteen letters!');
      assert.deepEqual(await axeFinds(page), []);
      await page.keyboard.press('Enter');
      await page.locator('.line').first().waitFor();
      assert.equal(world.service.requests.at(-1).headers.authorization, 'Bearer sixteen letters!');
    }),
  );

  test(
    'what was read before the connection broke off stays',
    withPage({}, async (page) => {
      world.service.answers.push({ cut: 2 });
      const release = world.service.hold(2);
      await page.setInputFiles('#file-input', PDF);
      await page.locator('.file-status', { hasText: 'Reading page 3 of 3' }).waitFor();
      release();
      await page.locator('#notice').waitFor();
      assert.match(await textOf(page, '#notice'), /broke off/);
      assert.equal(await textOf(page, '#page-number'), 'Page 1 of 2');
    }),
  );

  test(
    'without a network it says so',
    withPage({}, async (page) => {
      await page.route('**/v1/read**', (route) => route.abort());
      await page.setInputFiles('#file-input', LETTER);
      await page.locator('#notice').waitFor();
      assert.match(await textOf(page, '#notice'), /cannot be reached/);
    }),
  );

  test(
    'reading is cancelled, what came before stays, the next file is read',
    withPage({}, async (page) => {
      const release = world.service.hold(1);
      await page.setInputFiles('#file-input', [PDF, LETTER]);
      await page.locator('.file-status', { hasText: 'Reading page 2 of 3' }).waitFor();
      await page.getByRole('button', { name: 'Stop reading three.pdf' }).click();
      await page.locator('.file[data-state=cancelled]').waitFor();
      release();
      await page.locator('.file[data-state=done]').waitFor();
      assert.match(await textOf(page, '.file[data-state=cancelled] .file-status'), /Stopped; pages read: 1$/);
      assert.ok((await page.locator('#text .line').count()) > 5);
    }),
  );
});

describe('for everybody', () => {
  // So high that no line is partly hidden: axe leaves words out that are scrolled out of view.
  const viewport = { width: 1280, height: 1600 };
  for (const options of [
    { viewport },
    { viewport, colorScheme: 'dark' },
    { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
    { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark', locale: 'vi-VN' },
  ]) {
    test(
      `axe finds nothing: ${JSON.stringify(options)}`,
      withPage(options, async (page) => {
        assert.deepEqual(await axeFinds(page), []);
        await bring(page, DOCUMENT);
        await allDone(page);
        await page.locator('#threshold').fill('95');
        assert.deepEqual(await axeFinds(page), []);
        await line(page, 3).click();
        assert.deepEqual(await axeFinds(page), []);
        await page.locator('.edit-input').fill('đã sửa');
        await page.locator('.edit-input').press('Enter');
        await page.click('#raw');
        await page.click('#download');
        assert.deepEqual(await axeFinds(page), []);
        const wider = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.equal(wider, 0, 'nothing is wider than the screen');
      }),
    );
  }

  test(
    'the language follows the browser, is chosen, and is remembered',
    withPage({ locale: 'vi-VN' }, async (page) => {
      assert.equal(await page.getAttribute('html', 'lang'), 'vi');
      assert.equal(await textOf(page, '#choose'), 'Chọn tệp');
      await bring(page, LETTER);
      await page.click('#en');
      assert.equal(await page.getAttribute('html', 'lang'), 'en');
      assert.equal(await textOf(page, '#text-title'), 'Text');
      assert.equal(await page.getAttribute('#en', 'aria-pressed'), 'true');
      await page.reload();
      assert.equal(await textOf(page, '#choose'), 'Choose files');
    }),
  );

  test(
    'light and dark follow the system, and are chosen',
    withPage({ colorScheme: 'dark' }, async (page) => {
      const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const dark = await paper();
      await page.click('#theme');
      const light = await paper();
      assert.notEqual(light, dark);
      await page.reload();
      assert.equal(await paper(), light);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.click('#theme');
      assert.equal(await paper(), dark);
    }),
  );

  test('both languages have the same texts, with the same places to fill in', async () => {
    const [{ en }, { vi }] = await Promise.all([import('../src/texts/en.js'), import('../src/texts/vi.js')]);
    assert.deepEqual(Object.keys(en).sort(), Object.keys(vi).sort());
    for (const key of Object.keys(en)) {
      const places = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
      assert.deepEqual(places(en[key]), places(vi[key]), key);
    }
  });

  test(
    'a phone reads by touch, and two fingers zoom',
    withPage({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, async (page) => {
      assert.ok(await page.locator('#photo').isVisible());
      assert.equal(await page.getAttribute('#photo-input', 'capture'), 'environment');
      await bring(page, LETTER);
      const width = () => page.locator('.stage').evaluate((one) => one.getBoundingClientRect().width);
      const before = await width();
      const { x, y } = await page.locator('#sheet').boundingBox();
      const client = await page.context().newCDPSession(page);
      const touch = (type, ...places) =>
        client.send('Input.dispatchTouchEvent', {
          type,
          touchPoints: places.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })),
        });
      await touch('touchStart', [140, 100], [180, 140]);
      for (let k = 1; k <= 5; k++) await touch('touchMove', [140 - 8 * k, 100 - 8 * k], [180 + 8 * k, 140 + 8 * k]);
      await touch('touchEnd');
      assert.ok((await width()) > 1.5 * before, `${before} ${await width()}`);
      await line(page, 2).tap();
      await page.locator('.editor').waitFor();
    }),
  );
});

test('pages do not see each other', async () => {
  const one = await openPage(world);
  const other = await openPage(world);
  await bring(one.page, LETTER);
  assert.ok(await other.page.locator('#intake').isVisible());
  await Promise.all([one.close(), other.close()]);
});
