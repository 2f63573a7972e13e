import { expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { FIRST_HOST } from '../support/seed.ts'
import { openContext } from './harness/browser.ts'
import { openSeededBrowser } from './harness/seeded-browser.ts'
import { walk } from './harness/tabber.ts'
import type { SeededWebsite } from './harness/website.ts'

let browser: Browser
let website: SeededWebsite
/** By width: opening a window costs more than walking through a page. */
const pages = new Map<number, Page>()

openSeededBrowser({ hosts: 7, minutes: 3, firstMinutes: 100, settings: true }, async (started) => {
  ;({ browser, website } = started)
  await website.store.hosts.giveGroups(FIRST_HOST, ['shop', 'amsterdam'])
  for (const width of [1440, 390])
    pages.set(width, await (await openContext(browser, website, { width, height: 700 })).newPage())
})

const HOST = `/hosts/${FIRST_HOST}`
/** Pages that show more where there is room. */
const BROAD = [
  '/',
  '/?kiosk',
  '/hosts?q=0&status=up',
  HOST,
  `${HOST}/metrics/perf.memory.percent.used`,
  `/compare?series=${FIRST_HOST}:perf.system.load.1&host=web&metric=load`,
  '/events?host=db01',
  '/reports/availability',
]
const PAGES = [
  ...BROAD,
  '/events/1',
  '/search?q=db01',
  '/settings',
  '/settings/rules',
  '/settings/rules/new',
  '/settings/targets',
  '/settings/maintenance/new',
  '/settings/users/viewer',
  '/settings/tokens',
  '/settings/two-factor',
  '/settings/storage',
  '/settings/audit',
  '/settings/guide',
  '/add-host',
  '/hosts/nobody',
]
const VISITS = [...BROAD.map((path) => [1440, path] as const), ...PAGES.map((path) => [390, path] as const)]

test.each(VISITS)(
  'at %d pixels Tab comes to everything on %s, and is seen at every stop',
  async (width, path) => {
    const page = pages.get(width)
    if (!page) throw new Error('no page was opened')
    await page.goto(path)
    const { count, faults } = await walk(page)
    expect(faults).toEqual([])
    expect(count).toBeGreaterThan(2)
  },
  60_000,
)
