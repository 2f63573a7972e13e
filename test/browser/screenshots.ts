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
  graph: `${HOST}/metrics/perf.processor.percent.used`,
  'graph-day': `${HOST}/metrics/perf.network.bytes.received?range=24h`,
  'graph-month': `${HOST}/metrics/perf.processor.percent.used?range=30d`,
  events: '/events',
  'events-closed': '/events?status=closed',
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
const website = await startSeededWebsite({ hosts: 120, minutes: 70, firstMinutes: 30 * 1440, oddNames: true })
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
    for (const [name, path] of Object.entries(SHOTS)) await take(name, path)
    await take('login', '/login', website, false)
    await take('home-empty', '/', empty)
  }
await browser.close()
await website.close()
await empty.close()
