import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FIRST_HOST, LONG_HOST } from '../support/seed.ts'
import { launchBrowser, openContext } from './browser.ts'
import { startSeededWebsite } from './website.ts'

/**
 * Pictures of every page at two widths in both sets of colours, for people to look at, in `test/screenshots/`, which git
 * ignores. Words after the command pick pages by name: `bun test/browser/screenshots.ts host graph`.
 */
const FOLDER = join(import.meta.dir, '..', 'screenshots')
const HOST = `/hosts/${FIRST_HOST}`
const SHOTS: Readonly<Record<string, string>> = {
  home: '/',
  hosts: '/hosts',
  'hosts-none': '/hosts?q=nothing-like-this',
  host: HOST,
  'host-long': `/hosts/${LONG_HOST}`,
  'host-down': '/hosts/web02',
  'host-thresholds': `${HOST}#threshold-table`,
  'host-week': `${HOST}?range=7d`,
  compare:
    '/compare?series=db01:perf.processor.percent.used&series=web01:perf.processor.percent.used&series=db01:perf.network.bytes.received',
  'compare-empty': '/compare',
  'compare-find': '/compare?host=db&metric=memory',
  kiosk: '/?kiosk',
  'kiosk-host': `${HOST}?kiosk`,
  'two-factor': '/settings/two-factor',
  'graph-limit': `${HOST}/metrics/perf.memory.percent.used?range=24h`,
  graph: `${HOST}/metrics/perf.processor.percent.used`,
  'graph-day': `${HOST}/metrics/perf.network.bytes.received?range=24h`,
  'graph-month': `${HOST}/metrics/perf.processor.percent.used?range=30d`,
  events: '/events',
  'events-closed': '/events?status=closed',
  event: '/events/ID',
  search: '/search?q=db01',
  'search-none': '/search?q=nothing-like-this',
  reports: '/reports',
  'report-hosts': '/reports/hosts',
  'report-events': '/reports/events',
  'report-availability': '/reports/availability',
  'report-capacity': '/reports/capacity',
  settings: '/settings',
  rules: '/settings/rules',
  rule: '/settings/rules/2',
  'rule-delete': '/settings/rules/2/delete',
  targets: '/settings/targets',
  'target-new': '/settings/targets/new',
  windows: '/settings/windows',
  window: '/settings/windows/1',
  users: '/settings/users',
  user: '/settings/users/viewer',
  sessions: '/settings/sessions?user=',
  tokens: '/settings/tokens',
  preferences: '/settings/preferences',
  storage: '/settings/storage',
  audit: '/settings/audit',
  guide: '/settings/guide',
  about: '/settings/about',
  'add-host': '/add-host?server=monitor.example.org',
  password: '/password',
  'not-found': '/hosts/nobody',
}
/** Pixels of the highest picture. */
const LONGEST = 1900
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]

const wanted = process.argv.slice(2)
const website = await startSeededWebsite({
  hosts: 120,
  minutes: 70,
  firstMinutes: 30 * 1440,
  oddNames: true,
  settings: true,
})
/** The event that has a story: notices, comments. */
const story =
  (await website.store.events.list({ host: FIRST_HOST, status: 'open', limit: 1 })).events[0]?.id ?? 1
const empty = await startSeededWebsite({ hosts: 0, minutes: 0 })
const browser = await launchBrowser()
await mkdir(FOLDER, { recursive: true })
for (const size of SIZES)
  for (const theme of ['light', 'dark'] as const) {
    const ending = `${size.width}-${theme}.png`
    const take = async (name: string, path: string, from = website, isSignedIn = true) => {
      if (wanted.length > 0 && !wanted.includes(name)) return
      const context = await openContext(browser, from, { ...size, theme })
      if (!isSignedIn) await context.clearCookies()
      const page = await context.newPage()
      await page.goto(path)
      await page.waitForTimeout(path.includes('metrics') ? 700 : 150)
      const height = await page.evaluate<number>('document.documentElement.scrollHeight')
      // A hundred rows look alike: the picture ends after the first of them.
      await page.setViewportSize({ width: size.width, height: Math.min(height, LONGEST) })
      await page.waitForTimeout(150)
      await page.screenshot({ path: join(FOLDER, `${name}-${ending}`) })
      await context.close()
    }
    for (const [name, path] of Object.entries(SHOTS)) await take(name, path.replace('ID', String(story)))
    await take('login', '/login', website, false)
    await take('home-empty', '/', empty)
  }
await browser.close()
await website.close()
await empty.close()
