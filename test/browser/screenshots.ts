import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FIRST_HOST } from '../support/seed.ts'
import { launchBrowser, openContext } from './harness/browser.ts'
import { startSeededWebsite, USER } from './harness/website.ts'
import { findAddress, PAGE_LIST } from './page-list.ts'

/**
 * Pictures of every page at two widths in both sets of colours, to be checked by eye, in
 * `test/screenshots/`, which git ignores. Words after the command pick pages by name: `bun
 * test/browser/screenshots.ts host graph`.
 */
const FOLDER = join(import.meta.dir, '..', 'screenshots')
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
await website.store.hosts.giveGroups(FIRST_HOST, ['shop'])
const empty = await startSeededWebsite({ hosts: 0, minutes: 0 })
const browser = await launchBrowser()
await mkdir(FOLDER, { recursive: true })
for (const size of SIZES)
  for (const theme of ['light', 'dark'] as const) {
    for (const listed of PAGE_LIST) {
      const { name, path, ofEmpty = false, user = USER } = listed
      if (wanted.length > 0 && !wanted.includes(name)) continue
      const context = await openContext(browser, ofEmpty ? empty : website, {
        ...size,
        theme,
        user: user ?? USER,
      })
      if (user === null) await context.clearCookies()
      const page = await context.newPage()
      await page.goto(await findAddress(listed, website.store))
      await page.waitForTimeout(path.includes('metrics') ? 700 : 150)
      const height = await page.evaluate<number>('document.documentElement.scrollHeight')
      // A hundred rows look alike: the picture ends after the first of them.
      await page.setViewportSize({ width: size.width, height: Math.min(height, LONGEST) })
      await page.waitForTimeout(150)
      await page.screenshot({ path: join(FOLDER, `${name}-${size.width}-${theme}.png`) })
      await context.close()
    }
  }
await browser.close()
await website.close()
await empty.close()
