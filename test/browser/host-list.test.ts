import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { launchBrowser, openContext } from './harness/browser.ts'
import { type SeededWebsite, startSeededWebsite } from './harness/website.ts'

let browser: Browser
let website: SeededWebsite

beforeAll(async () => {
  browser = await launchBrowser()
  website = await startSeededWebsite({ hosts: 12, minutes: 5 })
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await website?.close()
})

/** Pixels that a name of a usual length needs. */
const NAME_ROOM = 80

test('at every width the list of hosts has room for names, and no head stands in its neighbour', async () => {
  const context = await openContext(browser, website)
  const page = await context.newPage()
  await page.goto('/hosts')
  for (let width = 320; width <= 1600; width += 40) {
    await page.setViewportSize({ width, height: 500 })
    const { name, overlaps } = await page.evaluate<{ name: number; overlaps: string[] }>(`(() => {
      const heads = [...document.querySelectorAll('.hosts thead th')].filter((head) => head.offsetWidth > 0)
      const words = heads.map((head) => (head.querySelector('a') ?? head).getBoundingClientRect())
      return {
        name: document.querySelector('.hosts tbody .col-name').clientWidth,
        overlaps: heads.filter((_, i) => i > 0 && words[i].width > 0 && words[i].left < words[i - 1].right - 1)
          .map((head) => head.textContent),
      }
    })()`)
    expect({ width, overlaps }).toEqual({ width, overlaps: [] })
    expect({ width, isWide: name >= NAME_ROOM }).toEqual({ width, isWide: true })
  }
  await context.close()
}, 60_000)
