import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { DEFAULT_PREFERENCES } from '../../src/domain/preferences.ts'
import { FIRST_HOST } from '../support/seed.ts'
import { collectComplaints, launchBrowser, openContext } from './browser.ts'
import { PASSWORD, type SeededWebsite, startSeededWebsite, USER } from './website.ts'

/** What a page seldom meets: values that are huge or alone, readers in other zones, hosts that say little. */

let browser: Browser
let website: SeededWebsite
let context: BrowserContext
const now = Math.floor(Date.now() / 60_000) * 60

beforeAll(async () => {
  browser = await launchBrowser()
  website = await startSeededWebsite({ hosts: 12, minutes: 70, oddNames: true })
  await report('huge', 'perf.custom.huge', [1e15, 1.5e15, 1.95e15])
  await report('once', 'perf.custom.once', [42])
  context = await openContext(browser, website)
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await website?.close()
})

/** Values a minute apart; the last is the newest. */
async function report(host: string, metric: string, values: readonly number[], silentFor = 0) {
  const facts = { ip: '10.0.0.5', platform: 'Linux', build: 'Debian 12', architecture: '64bit' } as const
  const frames = values.map((value, i) => ({
    time: now - silentFor - 60 * (values.length - i),
    metrics: [metric],
    values: [value],
  }))
  const heard = now - silentFor
  const whole = { ...facts, domain: 'example.org', processors: 4, memoryMb: 7976 }
  await website.store.ingest.write([{ host, facts: whole, heard, clockSkew: 0, frames, events: [] }])
}

async function openPage(path: string, from = context): Promise<{ page: Page; complaints: string[] }> {
  const page = await from.newPage()
  const complaints = collectComplaints(page)
  await page.goto(path)
  return { page, complaints }
}

const scrollsSideways = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')

test.each([390, 360])(
  'at %d pixels a list of hosts says in full when each reported',
  async (width) => {
    await report('silent', 'perf.custom.silent', [1], 399 * 86_400)
    const phone = await openContext(browser, website, { width, height: 800 })
    for (const path of ['/', '/hosts']) {
      const { page } = await openPage(path, phone)
      const cut = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.hosts tbody .col-time')]
        .filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)`,
      )
      expect(cut).toEqual([])
      expect(await page.locator('.hosts .col-time').last().isVisible()).toBe(true)
      expect(await scrollsSideways(page)).toBe(false)
    }
    await phone.close()
  },
  30_000,
)

test('values of a thousand billion fit their places', async () => {
  for (const width of [1440, 320]) {
    const sized = await openContext(browser, website, { width, height: 800 })
    const { page, complaints } = await openPage('/hosts/huge/metrics/perf.custom.huge', sized)
    await page.locator('[data-drawn]').waitFor()
    expect(await page.locator('.figures > div').allTextContents()).toContain('Maximum1.95P')
    expect(await scrollsSideways(page)).toBe(false)
    expect(complaints).toEqual([])
    await sized.close()
  }
}, 30_000)

test.each([
  ['of the device', null, '2026-05-04T10:30', Date.UTC(2026, 4, 4, 14, 30) / 1000],
  ['that the reader prefers', 'Asia/Tokyo', '2026-05-04T10:30', Date.UTC(2026, 4, 4, 1, 30) / 1000],
])(
  'fields for date and time are in the zone %s',
  async (_, zone, text, seconds) => {
    await website.store.users.setPreferences(USER, { ...DEFAULT_PREFERENCES, zone })
    const abroad = await browser.newContext({ baseURL: website.origin, timezoneId: 'America/New_York' })
    await abroad.request.post('/login', { form: { name: USER, password: PASSWORD, next: '/' } })
    const { page, complaints } = await openPage('/events?status=all', abroad)
    await page.locator('summary', { hasText: 'Filter' }).click()
    await page.getByLabel('Opened from').fill(text)
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.waitForURL(/from=\d+/)
    expect(new URL(page.url()).searchParams.get('from')).toBe(String(seconds))
    expect(new URL(page.url()).searchParams.get('to')).toBe('')
    expect(await page.getByLabel('Opened from').inputValue()).toBe(text)
    // The fields of a graph say the same.
    await page.goto(
      `/hosts/${FIRST_HOST}/metrics/perf.memory.percent.used?from=${seconds}&to=${seconds + 3600}`,
    )
    expect(await page.getByLabel('From').inputValue()).toBe(text)
    await page.getByRole('button', { name: 'Show' }).click()
    await page.waitForTimeout(300)
    expect(new URL(page.url()).searchParams.get('from')).toBe(String(seconds))
    expect(complaints).toEqual([])
    await website.store.users.setPreferences(USER, DEFAULT_PREFERENCES)
    await abroad.close()
  },
  30_000,
)
