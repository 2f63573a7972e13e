import { expect, test } from 'bun:test'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { FIRST_HOST } from '../../support/seed.ts'
import { collectComplaints, openContext } from '../harness/browser.ts'
import { findFaults } from '../harness/faults.ts'
import { openSeededBrowser } from '../harness/seeded-browser.ts'
import type { SeededWebsite } from '../harness/website.ts'

let browser: Browser
let website: SeededWebsite
let context: BrowserContext

openSeededBrowser({ hosts: 12, minutes: 70, firstMinutes: 1800 }, async (started) => {
  ;({ browser, website } = started)
  context = await openContext(browser, website)
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
  await fields.nth(2).scrollIntoViewIfNeeded()
  await page.mouse.move(...(await pointOf(fields.nth(2), 0.25)))
  await page.locator('.cursor').first().waitFor()
  expect(await page.locator('.cursor').count()).toBe(await fields.count())
  const { from, to } = await timesOf(page)
  const answer = await page.request.get(
    `/api/v1/hosts/${FIRST_HOST}/metrics/perf.processor.percent.used?from=${from}&to=${to}`,
  )
  const { points } = (await answer.json()) as { points: [number, number][] }
  const at = from + (to - from) * 0.25
  const near = points
    .filter(([time]) => Math.abs(time - at) <= 90)
    .map(([, value]) => `${value.toFixed(1)}\u202f%`)
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
  await page.getByRole('heading', { level: 1, name: /^Memory/ }).waitFor()
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

/** The values at which a drawing has the lines of thresholds, and the colours of these. */
async function limitsOf(page: Page) {
  return page.locator('.wide-graph .limit').evaluateAll((lines) =>
    lines.map((line) => {
      const plot = line.closest('.plot') as SVGElement
      const height = Number(plot.getAttribute('height')) - 28
      const value = 100 * (1 - (Number(line.getAttribute('y1')) - 8) / height)
      return { value: Math.round(value), colour: getComputedStyle(line).stroke }
    }),
  )
}

test('a graph in percent shows every threshold that the agent reported, with its label, before any event', async () => {
  const { page, complaints } = await openPage('/hosts/web01/metrics/perf.memory.percent.used')
  expect(await page.locator('.event-lines').count()).toBe(0)
  expect(await page.locator('.wide-graph .level').last().textContent()).toBe('100\u202f%')
  expect(await page.locator('.limit-label').allTextContents()).toEqual([
    '85\u202f%',
    '90\u202f%',
    '95\u202f%',
    '99\u202f%',
  ])
  expect(await limitsOf(page)).toEqual([
    { value: 85, colour: 'rgb(123, 136, 148)' },
    { value: 90, colour: 'rgb(255, 193, 7)' },
    { value: 95, colour: 'rgb(244, 124, 60)' },
    { value: 99, colour: 'rgb(217, 83, 79)' },
  ])
  await page.getByRole('link', { name: 'Thresholds' }).click()
  await page.waitForURL('**/hosts/web01/thresholds')
  await page.getByRole('row', { name: /Critical perf.memory.percent.used > 99\s% 15 minutes/ }).waitFor()
  expect(await findFaults(page)).toEqual([])
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)

test('a limit that is far away does not flatten a graph of another unit', async () => {
  const { page } = await openPage('/hosts/web01/metrics/perf.system.load.15')
  expect(await page.locator('.wide-graph .limit').count()).toBe(0)
  await page.close()
}, 30_000)

test('on a phone a graph leaves room for its words, and the marks of limits do not widen the page', async () => {
  const phone = await openContext(browser, website, { width: 390, height: 1600 })
  const { page } = await openPage(MEMORY, phone)
  const box = await page.locator('.wide-graph').boundingBox()
  expect(box?.height ?? 1e9).toBeLessThan(844 * 0.6)
  await page.goto(HOST)
  expect(await page.locator('.small-chart .limit').count()).toBeGreaterThan(0)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
  await page.setViewportSize({ width: 320, height: 700 })
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
  await phone.close()
}, 30_000)

test('a kiosk page has no frame, stays live, and rotates when it is set to', async () => {
  const { page } = await openPage('/?kiosk=5')
  expect(await page.locator('.rail, .top').count()).toBe(0)
  await page.locator('[data-live-state="live"]').waitFor()
  await page.waitForURL('**/events?kiosk=5')
  await page.waitForURL('**/?kiosk=5')
  await page.close()
}, 40_000)

test('the cursor over a state names the level that is drawn, until the next sample', async () => {
  const path = `${FIRST_HOST}/metrics/perf.service.nightly-backup.state`
  const answer = await context.request.get(`/api/v1/hosts/${path}?from=-6h&points=2000`)
  const { points } = (await answer.json()) as { points: [number, number][] }
  const stopped = points.find(([, value]) => value === 0)?.[0] ?? 0
  const [from, to] = [stopped - 600, stopped + 600]
  const { page, complaints } = await openPage(`/hosts/${path}?from=${from}&to=${to}`)
  // Right, up and down, and never a slope.
  expect(await page.locator('.wide-graph path.line').getAttribute('d')).toMatch(/^M\d+ \d+[HV\d]+$/)
  const place = page.locator('.wide-graph .cursor-field')
  for (const [seconds, words] of [
    // Nearer to the sample that comes next.
    [-20, 'running'],
    [20, 'stopped'],
    [40, 'stopped'],
  ] as const) {
    await page.mouse.move(...(await pointOf(place, (stopped + seconds - from) / (to - from))))
    await page.locator('.tip time').waitFor()
    expect(await page.locator('.tip dd').allTextContents()).toEqual([words])
  }
  expect(complaints).toEqual([])
  await page.close()
}, 30_000)
