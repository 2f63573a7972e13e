import { afterAll, beforeAll } from 'bun:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { type SeededWebsite, type SeededWebsiteOptions, startSeededWebsite } from './website.ts'

type Started = { readonly browser: Browser; readonly website: SeededWebsite }

/**
 * Starts Chromium and a website of its own before the tests of the file and passes both to `use`, which keeps
 * them and may add to the data. Both end with the last test.
 */
export function openSeededBrowser(
  options: SeededWebsiteOptions,
  use: (started: Started) => void | Promise<void>,
  limitMs = 60_000,
) {
  let browser: Browser | undefined
  let website: SeededWebsite | undefined
  beforeAll(async () => {
    browser = await launchBrowser()
    website = await startSeededWebsite(options)
    await use({ browser, website })
  }, limitMs)
  afterAll(async () => {
    await browser?.close()
    await website?.close()
  })
}
