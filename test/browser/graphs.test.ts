import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { totpCode, totpStep } from '../../src/lib/totp.ts'
import { FIRST_HOST } from '../support/seed.ts'
import { collectComplaints, launchBrowser, openContext } from './browser.ts'
import { findFaults } from './faults.ts'
import { PASSWORD, type SeededWebsite, startSeededWebsite } from './website.ts'

let browser: Browser
let website: SeededWebsite
let context: BrowserContext

beforeAll(async () => {
  browser = await launchBrowser()
  website = await startSeededWebsite({ hosts: 12, minutes: 70, firstMinutes: 1800 })
  context = await openContext(browser, website)
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await website?.close()
})

const HOST = `/hosts/${FIRST_HOST}`
const MEMORY = `${HOST}/metrics/perf.memory.percent.used`

async function openPage(path: string, from = context): Promise<{ page: Page; complaints: string[] }> {
  const page = await from.newPage()
  const complaints = collectComplaints(page)
  await page.goto(path)
  return { page, complaints }
}

/** A point of the lines of a drawing, as parts of its width. */
async function pointOf(place: Locator, part: number) {
  const box = await place.locator('.plot').boundingBox()
  if (!box) throw new Error('the drawing has no place')
  return [box.x + box.width * part, box.y + box.height / 2] as const
}

const timesOf = async (page: Page) =>
  JSON.parse((await page.locator('[data-charts]').getAttribute('data-charts')) ?? '{}')

test('one cursor runs over all graphs of a host, says the values of its time, and leaves no trace', async () => {
  const { page, complaints } = await openPage(HOST)
  const fields = page.locator('.cursor-field')
  const figure = page.locator('[data-cursor-value$=":perf.processor.percent.used"] b').first()
  const newest = await figure.textContent()
  await page.mouse.move(...(await pointOf(fields.nth(2), 0.25)))
  await page.locator('.cursor').first().waitFor()
  expect(await page.locator('.cursor').count()).toBe(await fields.count())
  const { from, to } = await timesOf(page)
  const answer = await page.request.get(
    `/api/v1/hosts/${FIRST_HOST}/metrics/perf.processor.percent.used?from=${from}&to=${to}`,
  )
  const { points } = (await answer.json()) as { points: [number, number][] }
  const at = from + (to - from) * 0.25
  const near = points.filter(([time]) => Math.abs(time - at) <= 90).map(([, value]) => `${value.toFixed(1)}%`)
  await page.waitForTimeout(500)
  expect(near).toContain((await figure.textContent()) ?? '')
  // Where samples are missing there is no value.
  const gap = points.findIndex(([time], i) => i > 0 && time - (points[i - 1]?.[0] ?? 0) > 200)
  const middle = ((points[gap]?.[0] ?? 0) + (points[gap - 1]?.[0] ?? 0)) / 2
  await page.mouse.move(...(await pointOf(fields.nth(2), (middle - from) / (to - from))))
  await page.waitForTimeout(100)
  expect(await figure.textContent()).toBe('–')
  await page.keyboard.press('Escape')
  expect(await page.locator('.cursor').count()).toBe(0)
  expect(await figure.textContent()).toBe(newest)
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('dragging over one graph of a host zooms all of them, and back undoes it', async () => {
  const { page, complaints } = await openPage(`${HOST}?range=6h`)
  const field = page.locator('.cursor-field').first()
  await field.scrollIntoViewIfNeeded()
  const before = await timesOf(page)
  await page.mouse.move(...(await pointOf(field, 0.5)))
  await page.mouse.down()
  await page.mouse.move(...(await pointOf(field, 0.6)), { steps: 3 })
  await page.mouse.move(...(await pointOf(field, 0.75)), { steps: 3 })
  await page.locator('.zoom-mark').waitFor()
  await page.mouse.up()
  await page.waitForURL(/from=\d+&to=\d+/)
  await page.locator('.segments a[aria-current]').waitFor({ state: 'detached' })
  const zoomed = await timesOf(page)
  expect(Math.abs(zoomed.to - zoomed.from - 5400)).toBeLessThan(300)
  expect(zoomed.from).toBeGreaterThan(before.from)
  await page.getByRole('link', { name: 'Zoom out' }).click()
  await page.waitForURL((url) => url.search !== '' && !url.search.includes(`from=${zoomed.from}`))
  await page.goBack()
  await page.goBack()
  await page.locator('.segments a[aria-current]', { hasText: '6h' }).waitFor()
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('a time of one’s own is typed, and its end has to be behind its beginning', async () => {
  const { page } = await openPage(HOST)
  await page.getByText('Any time').click()
  const [from, to] = [page.getByLabel('From'), page.getByLabel('to', { exact: true })]
  const end = await to.inputValue()
  await from.fill(`${Number(end.slice(0, 4)) + 1}${end.slice(4, 16)}`)
  await page.getByRole('button', { name: 'Show' }).click()
  await page.waitForTimeout(200)
  expect(new URL(page.url()).search).toBe('')
  await from.fill(`${Number(end.slice(0, 4)) - 1}${end.slice(4, 16)}`)
  await page.getByRole('button', { name: 'Show' }).click()
  await page.waitForURL(/from=\d+&to=\d+/)
  await page.close()
}, 30_000)

test('a graph shows events as marks that lead to them, and the limit that they name', async () => {
  const { page, complaints } = await openPage(`${MEMORY}?range=24h`)
  await page.locator('.event-link').waitFor()
  expect(await findFaults(page)).toEqual([])
  await page.locator('.event-link').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/events\/\d+$/)
  await page.getByText('Memory percent used > 85 for 15 minutes').first().waitFor()
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

/** Whether the canvas has a pixel of about this colour at the height of a value, in the middle of the field. */
async function hasLineAt(page: Page, value: number, wanted: readonly number[]): Promise<boolean> {
  const place = page.locator('[data-graph]')
  const [low = 0, high = 0] = ((await place.getAttribute('data-levels')) ?? '').split('-').map(Number)
  const part = 1 - (value - low) / (high - low)
  return place.evaluate(
    (element, [part, ...colour]) => {
      const canvas = element.querySelector('canvas') as HTMLCanvasElement
      const field = (element.querySelector('.u-over') as HTMLElement).getBoundingClientRect()
      const box = canvas.getBoundingClientRect()
      const y = Math.round(field.top - box.top + field.height * (part ?? 0))
      const x = Math.round(field.left - box.left + field.width / 3)
      const width = Math.round(field.width / 3)
      // A canvas of our own: to read from that of the page slows it down, of which the browser complains.
      const strip = Object.assign(document.createElement('canvas'), { width, height: 3 })
      const pen = strip.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D
      pen.drawImage(canvas, x, y - 1, width, 3, 0, 0, width, 3)
      const { data } = pen.getImageData(0, 0, width, 3)
      for (let i = 0; i < data.length; i += 4)
        if ((data[i + 3] ?? 0) > 150 && colour.every((wish, j) => Math.abs((data[i + j] ?? 0) - wish) < 40))
          return true
      return false
    },
    [part, ...wanted],
  )
}

test('a graph in percent shows every limit that the agent told, with its label, before any event', async () => {
  const { page, complaints } = await openPage('/hosts/web01/metrics/perf.memory.percent.used')
  await page.locator('[data-drawn]').waitFor()
  const place = page.locator('[data-graph]')
  expect(await page.locator('.event-lines').count()).toBe(0)
  expect(await place.getAttribute('data-levels')).toBe('0-100')
  expect(await place.getAttribute('data-limits')).toBe('85% 90% 95% 99%')
  for (const [value, colour] of [
    [85, [0x29, 0xab, 0xe0]],
    [90, [0xff, 0xc1, 0x07]],
    [95, [0xf4, 0x7c, 0x3c]],
    [99, [0xd9, 0x53, 0x4f]],
  ] as const) {
    expect(await hasLineAt(page, value, colour)).toBe(true)
    expect(await hasLineAt(page, value - 15, colour)).toBe(false)
  }
  await page.getByRole('link', { name: 'Limits' }).click()
  await page.waitForURL('**/hosts/web01#threshold-table')
  await page.getByRole('row', { name: /Critical perf.memory.percent.used > 99% 15 minutes/ }).waitFor()
  expect(await findFaults(page)).toEqual([])
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('a limit that is far away does not flatten a graph of another unit, and the server draws the same levels', async () => {
  const bare = await openContext(browser, website, { javaScript: false })
  const load = '/hosts/web01/metrics/perf.system.load.15'
  const { page } = await openPage(load)
  await page.locator('[data-drawn]').waitFor()
  expect(await page.locator('[data-graph]').getAttribute('data-limits')).toBe('')
  const [, high] = ((await page.locator('[data-graph]').getAttribute('data-levels')) ?? '').split('-')
  await page.close()
  const drawn = await openPage(load, bare)
  expect(Number(await drawn.page.locator('.big-chart .level').last().textContent())).toBe(Number(high))
  expect(await drawn.page.locator('.big-chart .limit').count()).toBe(0)
  await drawn.page.goto('/hosts/web01/metrics/perf.memory.percent.used')
  expect(await drawn.page.locator('.big-chart .limit').count()).toBe(4)
  expect(await drawn.page.locator('.limit-label').allTextContents()).toEqual(['85%', '90%', '95%', '99%'])
  await bare.close()
}, 30_000)

test('on a phone a graph leaves room for its words, and the marks of limits do not widen the page', async () => {
  const phone = await openContext(browser, website, { width: 390, height: 1600 })
  const { page } = await openPage(MEMORY, phone)
  await page.locator('[data-drawn]').waitFor()
  const box = await page.locator('[data-graph]').boundingBox()
  expect(box?.height ?? 1e9).toBeLessThan(844 * 0.6)
  await page.goto(HOST)
  expect(await page.locator('.small-chart .limit').count()).toBeGreaterThan(0)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
  await page.setViewportSize({ width: 320, height: 700 })
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
  await phone.close()
}, 30_000)

test('a graph is saved as figures and as a picture', async () => {
  const { page, complaints } = await openPage(`${MEMORY}?range=6h`)
  await page.locator('[data-drawn]').waitFor()
  const [table] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ])
  expect(table.suggestedFilename()).toBe(`${FIRST_HOST}-perf.memory.percent.used.csv`)
  expect(readFileSync(await table.path(), 'utf8').split('\r\n').length).toBeGreaterThan(300)
  const [picture] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'PNG' }).click(),
  ])
  expect(picture.suggestedFilename()).toBe(`${FIRST_HOST}-perf.memory.percent.used.png`)
  const bytes = readFileSync(await picture.path())
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  expect(bytes.readUInt32BE(16)).toBeGreaterThan(600)
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('metrics of several hosts are found, added, compared, saved and taken away, by keys alone', async () => {
  const { page, complaints } = await openPage('/compare')
  await page.getByLabel('Host').focus()
  await page.keyboard.type('01')
  await page.keyboard.press('Tab')
  await page.keyboard.type('processor used')
  await page.keyboard.press('Enter')
  await page.getByRole('checkbox', { name: /^db01/ }).focus()
  await page.keyboard.press('Space')
  await page.getByRole('checkbox', { name: /^web01/ }).focus()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Add to the graph' }).focus()
  await page.keyboard.press('Enter')
  await page.locator('.compare-chart path.line').nth(1).waitFor({ state: 'attached' })
  expect(new URL(page.url()).searchParams.getAll('series')).toEqual([
    'db01:perf.processor.percent.used',
    'web01:perf.processor.percent.used',
  ])
  const [picture] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'PNG' }).click(),
  ])
  expect(readFileSync(await picture.path()).length).toBeGreaterThan(10_000)
  await page.getByRole('link', { name: /^Remove .* of db01/ }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.searchParams.getAll('series').length === 1)
  expect(await page.locator('.compare-chart path.line').count()).toBe(1)
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('comparing is whole without JavaScript', async () => {
  const bare = await openContext(browser, website, { javaScript: false })
  const { page } = await openPage('/compare?host=01&metric=load.1', bare)
  await page.getByRole('checkbox', { name: /^db01 perf.system.load.1$/ }).check()
  await page.getByRole('button', { name: 'Add to the graph' }).click()
  expect(await page.locator('.compare-chart path.line').getAttribute('d')).toMatch(/^M\d/)
  await page.getByRole('link', { name: '24h' }).click()
  expect(new URL(page.url()).searchParams.getAll('series')).toEqual(['db01:perf.system.load.1'])
  await page.goto(`${HOST}?range=24h`)
  expect(await page.locator('.small-chart path.band').count()).toBeGreaterThan(5)
  await bare.close()
}, 30_000)

test('groups are given on the host’s page, and lead to their hosts', async () => {
  const { page, complaints } = await openPage(HOST)
  await page.getByText('Put it in groups').click()
  await page.getByLabel('Groups').fill('Shop, berlin')
  await page.keyboard.press('Enter')
  await page.locator('.group-links a', { hasText: 'berlin' }).click()
  await page.waitForURL('**/hosts?group=berlin')
  expect(await page.locator('tbody tr').count()).toBe(1)
  await page.getByRole('link', { name: 'All groups' }).click()
  await page.waitForURL('**/hosts')
  expect(await page.locator('tbody tr').count()).toBe(12)
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('a wall screen has no frame, stays live, goes round when told to, and can be left', async () => {
  const { page } = await openPage('/?kiosk=5')
  expect(await page.locator('.rail, .top').count()).toBe(0)
  await page.locator('[data-live-state="live"]').waitFor()
  await page.waitForURL('**/events?kiosk=5')
  await page.waitForURL('**/?kiosk=5')
  await page.getByRole('link', { name: 'Leave' }).focus()
  await page.keyboard.press('Enter')
  await page.locator('.rail').waitFor()
  expect(new URL(page.url()).search).toBe('')
  await page.close()
}, 40_000)

test('who switched it on signs in with a code of the app as well', async () => {
  const own = await openContext(browser, website, { user: 'viewer' })
  const { page, complaints } = await openPage('/settings/two-factor', own)
  const secret = (await page.locator('.secret code').textContent())?.replaceAll(' ', '') ?? ''
  const code = (later: number) => totpCode(secret, totpStep(Math.floor(Date.now() / 1000)) + later)
  await page.getByRole('textbox', { name: 'Code' }).fill(code(-1))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Recovery codes' }).waitFor()
  expect(await page.locator('.recovery-codes li').count()).toBe(10)
  expect(await findFaults(page)).toEqual([])
  await page.getByRole('link', { name: 'They are kept' }).click()
  await page.getByText('10 recovery codes are left').waitFor()
  expect(await findFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Name').fill('viewer')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your code' }).waitFor()
  expect(await findFaults(page)).toEqual([])
  await page.keyboard.type(code(0))
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/')
  expect(complaints).toEqual([])
  await own.close()
}, 30_000)
