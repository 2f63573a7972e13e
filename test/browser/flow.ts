import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Store } from '../../src/storage/store.ts'
import { collectComplaints, launchBrowser, openContext } from './browser.ts'
import { createKeyboard, createMouse, type Driver } from './driver.ts'
import { type SeededWebsite, type SeededWebsiteOptions, startSeededWebsite, USER } from './website.ts'

const WAYS = {
  mouse: { create: createMouse, javaScript: true },
  keyboard: { create: createKeyboard, javaScript: true },
  plain: { create: createMouse, javaScript: false },
} as const

/** By mouse; by keys alone; by mouse without JavaScript. */
export type Way = keyof typeof WAYS

/** What a flow has to work with: a fresh profile in a website that it shares with the other flows of its file. */
export type Scene = {
  /** Names what a flow makes, so that its ways do not meet. */
  readonly way: Way
  readonly driver: Driver
  readonly page: Page
  readonly context: BrowserContext
  readonly website: SeededWebsite
  readonly store: Store
  readonly user: string
  /** A further profile of the same website, signed in. */
  openOther(user: string): Promise<Page>
}

export type FlowOptions = {
  /** The address that it begins at. */
  readonly start: string
  /** Mouse and keyboard unless given. */
  readonly ways?: readonly Way[]
  /** The access of a user made for this run; the administrator of all flows unless given. */
  readonly as?: 'viewer' | 'operator' | 'admin'
  readonly isSignedIn?: boolean
  readonly width?: number
  /** The flow is refused at times, which browsers write into their console. */
  readonly isRefused?: boolean
}

export const ALL_WAYS: readonly Way[] = ['mouse', 'keyboard', 'plain']

/** A website for the flows of one file, and how to write one. Each runs in every way that it names. */
export function startFlows(options: SeededWebsiteOptions) {
  let browser: Browser
  let website: SeededWebsite
  let users = 0

  beforeAll(async () => {
    browser = await launchBrowser()
    website = await startSeededWebsite(options)
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await website?.close()
  })

  async function run(way: Way, flow: FlowOptions, act: (scene: Scene) => Promise<void>) {
    const { create, javaScript } = WAYS[way]
    const user = flow.as === undefined ? USER : `${flow.as}-${++users}`
    if (flow.as !== undefined) await website.addUser(user, flow.as)
    const { isSignedIn = true, width = 1440 } = flow
    const context = await openContext(browser, website, { user, javaScript, width, isSignedIn })
    const others: BrowserContext[] = []
    const page = await context.newPage()
    const complaints = collectComplaints(page)
    await page.goto(flow.start)
    await act({
      way,
      driver: create(page),
      page,
      context,
      website,
      store: website.store,
      user,
      async openOther(name) {
        const other = await openContext(browser, website, { user: name })
        others.push(other)
        return other.newPage()
      },
    })
    const isExpected = (text: string) =>
      flow.isRefused && / the server responded with a status of 4\d\d/.test(text)
    expect(complaints.filter((text) => !isExpected(text))).toEqual([])
    for (const one of [context, ...others]) await one.close()
  }

  function flow(name: string, how: FlowOptions, act: (scene: Scene) => Promise<void>) {
    test.each([...(how.ways ?? ['mouse', 'keyboard'])] as Way[])(
      `${name} (%s)`,
      (way) => run(way, how, act),
      60_000,
    )
  }
  return flow
}
