import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { FIRST_HOST } from '../support/seed.ts'
import { collectComplaints, launchBrowser, openContext } from './browser.ts'
import { findFaults } from './faults.ts'
import { type SeededWebsite, startSeededWebsite } from './website.ts'

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

/**
 * Whether the canvas has a pixel of about this colour at the height of a value, in the middle of the field.
 */
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
  await page.getByRole('link', { name: 'Thresholds' }).click()
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

test('a wall screen has no frame, stays live, and goes round when told to', async () => {
  const { page } = await openPage('/?kiosk=5')
  expect(await page.locator('.rail, .top').count()).toBe(0)
  await page.locator('[data-live-state="live"]').waitFor()
  await page.waitForURL('**/events?kiosk=5')
  await page.waitForURL('**/?kiosk=5')
  await page.close()
}, 40_000)
