import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { PASSWORD, type SeededWebsite, USER } from './website.ts'

/** Debian's Chromium, or the one that MONITOR_TEST_CHROMIUM names. */
export const CHROMIUM = process.env.MONITOR_TEST_CHROMIUM ?? '/usr/bin/chromium'

/** Throws with an explanation where there is no Chromium: without it the pages are not tested. */
export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM))
    throw new Error(
      `There is no Chromium at ${CHROMIUM}, and the browser tests need one: install Debian's chromium, or name another in MONITOR_TEST_CHROMIUM.`,
    )
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export type OpenContextOptions = {
  readonly width?: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
  readonly javaScript?: boolean
  readonly user?: string
  readonly isSignedIn?: boolean
}

/**
 * A fresh profile, signed in by default. Times are those of UTC, dates are typed as in the United
 * States.
 */
export async function openContext(
  browser: Browser,
  { origin }: SeededWebsite,
  options: OpenContextOptions = {},
): Promise<BrowserContext> {
  const { width = 1440, height = 900, theme = 'light' } = options
  const { javaScript = true, user = USER, isSignedIn = true } = options
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width, height },
    colorScheme: theme,
    javaScriptEnabled: javaScript,
    timezoneId: 'UTC',
    locale: 'en-US',
  })
  context.setDefaultTimeout(15_000)
  if (isSignedIn) await signIn(context, user)
  return context
}

/** Without a page, which a test of the page for signing in does with one. */
export async function signIn(context: BrowserContext, user: string): Promise<void> {
  await context.request.post('/login', { form: { name: user, password: PASSWORD, next: '/' } })
}

/** Everything that a page complains about in its console, broken content security policy included. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    if (!reason.includes('ERR_ABORTED')) complaints.push(`${request.url()} ${reason}`)
  })
  return complaints
}

/** Lets a page fetch itself again, as it does when it comes into view; ends when it has shown what came. */
export async function refreshPage(page: Page): Promise<void> {
  await page.evaluate(
    `new Promise((resolve) => {
      document.addEventListener('monitor:refreshed', resolve, { once: true })
      document.dispatchEvent(new Event('visibilitychange'))
    })`,
  )
}
