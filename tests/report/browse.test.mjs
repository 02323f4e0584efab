// The page of `chuviet browse` in a real browser: see test_browse_page.py, which makes the files.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'

const { CHROMIUM, MODULES, PAGES } = process.env
const { chromium } = await import(join(MODULES, 'playwright-core/index.mjs'))
const axe = readFileSync(join(MODULES, 'axe-core/axe.min.js'), 'utf8')

let browser
before(async () => { browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }) })
after(() => browser?.close())

/** Runs a test in a fresh page of a file. It fails when a script fails, the policy forbids anything, or a server is asked. */
const withPage = (name, options, body) => async () => {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const problems = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('dialog', (dialog) => { problems.push(`a dialog: ${dialog.message()}`); dialog.dismiss() })
  page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || problems.push(request.url()))
  await page.goto(pathToFileURL(join(PAGES, name)).href)
  await page.locator('.row').first().waitFor()
  await body(page)
  assert.deepEqual(problems, [])
  await context.close()
}

const labels = (page) => page.locator('.row .text:not(.reading)').allTextContents()
const count = (page) => page.locator('#count').textContent()
const select = (page, id, value) => page.selectOption(`#${id}`, value)
const chosen = (page) => page.locator('#line h2').textContent()
const fileOrder = async (page) => select(page, 'order', 'file')

describe('a page of a few lines', () => {
  test('labels are texts, whatever is in them', withPage('small.html', {}, async (page) => {
    await fileOrder(page)
    const all = await labels(page)
    assert.equal(all[0], '<script>globalThis.hacked = 1</script> & "q" {{DATA}}')
    assert.equal(all[1], "<img src=x onerror='globalThis.hacked = 2'>")
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined)
    assert.equal(await page.title(), '<b>lines</b> </script>')
  }))

  test('differences are marked on both sides, not by colour alone', withPage('small.html', {}, async (page) => {
    await page.fill('#search', 'hà nội')
    const row = page.locator('.row').first()
    assert.deepEqual(await row.locator('mark.true').allTextContents(), ['ộ', '∅'])
    assert.deepEqual(await row.locator('mark.read').allTextContents(), ['ô', '!'])
    assert.equal(await row.locator('mark.read').first().evaluate((mark) => getComputedStyle(mark).textDecorationLine), 'underline')
    assert.equal(await row.locator('mark.read').first().getAttribute('title'), 'label: ộ')
  }))

  test('the chosen line shows what the other members read', withPage('small.html', {}, async (page) => {
    await page.fill('#search', 'hà nội')
    const table = await page.locator('#line tbody tr').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)))
    assert.deepEqual(table, [
      ['label', 'Hà Nội∅', '', ''], ['this one', 'Hà Nôi!', '2 errors', '0.90'], ['b', 'Hà Nội', '0 errors', '0.70'], ['c', '—', '', ''],
    ])
  }))

  test('filters', withPage('small.html', {}, async (page) => {
    await fileOrder(page)
    assert.equal(await count(page), '7 of 7 lines')
    const kind = (name) => page.locator('#kinds button', { hasText: name }).click()
    await kind('tone mark')
    assert.deepEqual(await labels(page), ['Hà Nội∅'])
    await kind('digit')
    assert.deepEqual(await labels(page), ['Hà Nội∅', 'Số 12'])
    await page.click('button[type=reset]')
    await select(page, 'fold', '1')
    assert.deepEqual(await labels(page), ['Số 12', 'đường lê'])
    await page.fill('#least-length', '6')
    assert.deepEqual(await labels(page), ['đường lê'])
    await page.click('button[type=reset]')
    await page.fill('#most-sure', '0.3')
    assert.deepEqual(await labels(page), ['x␣y'])
    await page.click('button[type=reset]')
    await select(page, 'state', 'right')
    assert.equal(await count(page), '3 of 7 lines')
    await page.click('button[type=reset]')
    await select(page, 'others', 'better')
    assert.deepEqual((await labels(page)).sort(), ['Hà Nội∅', 'đường lê'])
    await select(page, 'others', 'against')
    assert.deepEqual(await labels(page), ['Số 12'])
    await page.fill('#search', 'no such line')
    assert.equal(await page.locator('#line').textContent(), 'No line has all of this.')
  }))

  test('a search without marks finds all marks, one with marks those alone', withPage('small.html', {}, async (page) => {
    await fileOrder(page)
    await page.fill('#search', 'duong le')
    assert.deepEqual(await labels(page), ['đường lê'])
    await page.fill('#search', 'đương')
    assert.deepEqual(await labels(page), [])
  }))

  test('orders', withPage('small.html', {}, async (page) => {
    await select(page, 'order', 'edits')
    assert.deepEqual((await labels(page)).slice(0, 2), ['Hà Nội∅', 'Số 12'])
    await select(page, 'order', 'short')
    assert.deepEqual((await labels(page)).slice(0, 3), ['x␣y', 'a,b', 'Số 12'])
    await select(page, 'order', 'suspicion') // 2 / 6 * .9 against 1 / 5 * .8
    assert.deepEqual((await labels(page)).slice(0, 2), ['Hà Nội∅', 'Số 12'])
  }))

  test('by keyboard alone: labels are marked, kept, and downloaded', withPage('small.html', {}, async (page) => {
    await fileOrder(page)
    assert.ok(await page.locator('#download').isDisabled())
    await page.keyboard.press('Escape')
    await page.keyboard.press('Home')
    await page.keyboard.press(' ')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press(' ')
    await page.keyboard.press(' ')
    await page.keyboard.press('End')
    assert.equal(await chosen(page), 'sub folder/ô 7#?.png')
    await page.keyboard.press(' ')
    assert.equal(await page.locator('#doubt').getAttribute('aria-pressed'), 'true')
    await page.keyboard.press('/')
    await page.keyboard.type('so 12')
    await page.keyboard.press('Escape')
    assert.equal(await page.evaluate(() => document.activeElement.id), 'list')
    await page.reload()
    assert.equal(await count(page), '7 of 7 lines · 2 doubtful')
    await select(page, 'state', 'marked')
    assert.equal((await labels(page)).length, 2)
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('#download')])
    const lines = [
      'img_path,text,prediction,confidence,fold',
      '1.png,"<script>globalThis.hacked = 1</script> & ""q"" {{DATA}}","<script>globalThis.hacked = 1</script> & ""q"" {{DATA}}",0.5,0',
      'sub folder/ô 7#?.png,"a,b","a,b",0.99,0', '',
    ]
    assert.equal(file.suggestedFilename(), 'doubtful.csv')
    assert.equal(readFileSync(await file.path(), 'utf8'), lines.join('\n'))
  }))

  for (const name of ['small.html', 'embedded.html']) {
    test(`pictures are shown, and missing ones said: ${name}`, withPage(name, {}, async (page) => {
      await fileOrder(page)
      await page.waitForFunction(() => [...document.images].every((image) => image.complete))
      const sizes = await page.locator('.row img').evaluateAll((images) => images.map((image) => image.naturalHeight))
      assert.deepEqual(sizes, Array(6).fill(name === 'small.html' ? 60 : 20))
      assert.equal(await page.locator('.row .missing').count(), 1)
    }))
  }

  for (const colorScheme of ['light', 'dark']) {
    test(`contrast, names and roles, ${colorScheme}`, withPage('small.html', { colorScheme }, async (page) => {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const before = await ground()
      await page.fill('#search', 'hà nội')
      await page.evaluate(axe)
      const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
      assert.deepEqual(found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target} ${node.failureSummary}`)), [])
      await page.click('#theme')
      assert.notEqual(await ground(), before)
    }))
  }

  test('360 pixels wide', withPage('small.html', { viewport: { width: 360, height: 740 } }, async (page) => {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360))
  }))
})

// Generous limits: the machine may be busy. Ten thousand rows in the page would take minutes.
test('10,000 lines stay quick', withPage('large.html', {}, async (page) => {
  const ready = await page.evaluate(() => performance.now())
  assert.ok(ready < 20_000, `${ready} ms until the first line`)
  assert.equal(await count(page), '10,000 of 10,000 lines')
  /** Milliseconds until a change of the form has been drawn. */
  const took = (id, value) => page.evaluate(async ([id, value]) => {
    const field = document.getElementById(id)
    const start = performance.now()
    field.value = value
    field.dispatchEvent(new Event('input', { bubbles: true }))
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    return performance.now() - start
  }, [id, value])
  const times = { search: await took('search', 'line 99'), found: await took('search', ''), order: await took('order', 'long'), state: await took('state', 'wrong') }
  for (const [what, ms] of Object.entries(times)) assert.ok(ms < 3000, `${what}: ${ms} ms`)
  await took('state', 'all')
  await took('order', 'file')
  await page.focus('#list')
  await page.keyboard.press('End')
  assert.equal(await chosen(page), 'line9999.png')
  await page.locator('#list').evaluate((list) => { list.scrollTop = 500_000 })
  await page.waitForFunction(() => [...document.querySelectorAll('.row')].some((row) => Number(row.getAttribute('aria-posinset')) > 4000))
  assert.ok((await page.locator('.row').count()) < 40)
  console.log(JSON.stringify({ ready, ...times }))
}))
