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

test('a wall screen has no frame, stays live, and goes round when told to', async () => {
  const { page } = await openPage('/?kiosk=5')
  expect(await page.locator('.rail, .top').count()).toBe(0)
  await page.locator('[data-live-state="live"]').waitFor()
  await page.waitForURL('**/events?kiosk=5')
  await page.waitForURL('**/?kiosk=5')
  await page.close()
}, 40_000)
