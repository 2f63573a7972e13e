import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { seedTroubledFleet } from '../support/troubled-fleet.ts'
import { launchBrowser, openContext } from './harness/browser.ts'
import { startSeededWebsite } from './harness/website.ts'

/**
 * The pictures of the README, in both sets of colours: home, a host and an event of the fleet with eight kinds of
 * trouble. `npm run screenshots:readme` writes them into `assets/readme/`.
 */
const FOLDER = join(import.meta.dir, '..', '..', 'assets', 'readme')
const WIDTH = 1440

const website = await startSeededWebsite({ hosts: 0, minutes: 0, serverName: 'vm' })
const { store } = website
const now = systemClock.now()
await seedTroubledFleet(store, { now, hours: 24 })
const findOpenEvent = async (host: string) => {
  const { events } = await store.events.list({ host, status: 'open', limit: 1 })
  if (!events[0]) throw new Error(`${host} has no open event`)
  return events[0].id
}
await store.events.acknowledge(await findOpenEvent('sql02'), 'olga', now - 1800, 'A report runs. I watch it.')
const full = await findOpenEvent('db03')

const PICTURES = [
  { name: 'home', path: '/', height: 1000 },
  { name: 'host', path: '/hosts/db03?range=24h', height: 1100 },
  { name: 'event', path: `/events/${full}`, height: 860 },
]

const browser = await launchBrowser()
for (const theme of ['light', 'dark'] as const)
  for (const { name, path, height } of PICTURES) {
    const context = await openContext(browser, website, { width: WIDTH, height, theme })
    const page = await context.newPage()
    // Forecasts are computed behind the first look.
    await page.goto(path)
    await page.waitForTimeout(1500)
    await page.reload()
    await page.waitForTimeout(700)
    await page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`) })
    await context.close()
  }
await browser.close()
await website.close()
