import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Store } from '../../../src/storage/ports/store.ts'
import { collectComplaints, launchBrowser, openContext, signIn } from './browser.ts'
import { createKeyboard, createMouse, type Driver } from './driver.ts'
import {
  PASSWORD,
  type SeededWebsite,
  type SeededWebsiteOptions,
  startSeededWebsite,
  USER,
} from './website.ts'

const WAYS = {
  mouse: { create: createMouse, javaScript: true },
  keyboard: { create: createKeyboard, javaScript: true },
  plain: { create: createMouse, javaScript: false },
} as const

/** By mouse; by keys alone; by mouse without JavaScript. */
export type Way = keyof typeof WAYS

/**
 * What a flow has to work with: a page as in a fresh profile, of a website that it shares with the other
 * flows of its file.
 */
export type Scene = {
  /** Names what a flow makes, so that its ways do not meet. */
  readonly way: Way
  readonly driver: Driver
  readonly page: Page
  readonly website: SeededWebsite
  readonly store: Store
  readonly user: string
  /** Signs in from elsewhere without a window; returns where a page redirects to and its content. */
  signInElsewhere(
    user: string,
  ): Promise<(path: string) => Promise<{ readonly path: string; readonly text: string }>>
}

type Stage = {
  readonly context: BrowserContext
  readonly page: Page
  readonly driver: Driver
  readonly complaints: string[]
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

async function signInElsewhere({ origin }: SeededWebsite, name: string) {
  const body = new URLSearchParams({ name, password: PASSWORD, next: '/' })
  const answer = await fetch(`${origin}/login`, { method: 'POST', body, redirect: 'manual' })
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return async (path: string) => {
    const page = await fetch(`${origin}${path}`, { headers: { cookie } })
    return { path: new URL(page.url).pathname, text: await page.text() }
  }
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

  /** One page serves all runs of a way: a window of Chromium costs more than most flows. */
  const stages = new Map<string, Promise<Stage>>()

  async function openStage(way: Way, width: number): Promise<Stage> {
    const { create, javaScript } = WAYS[way]
    const context = await openContext(browser, website, { javaScript, width, isSignedIn: false })
    const page = await context.newPage()
    return { context, page, driver: create(page), complaints: collectComplaints(page) }
  }

  async function run(way: Way, flow: FlowOptions, act: (scene: Scene) => Promise<void>) {
    const { isSignedIn = true, width = 1440 } = flow
    const key = `${way} ${width}`
    const stage = stages.get(key) ?? openStage(way, width)
    stages.set(key, stage)
    const { context, page, driver, complaints } = await stage
    const user = flow.as === undefined ? USER : `${flow.as}-${++users}`
    if (flow.as !== undefined) await website.addUser(user, flow.as)
    await context.clearCookies()
    if (isSignedIn) await signIn(context, user)
    complaints.length = 0
    await page.goto(flow.start)
    await act({
      way,
      driver,
      page,
      website,
      store: website.store,
      user,
      signInElsewhere: (name) => signInElsewhere(website, name),
    })
    const isExpected = (text: string) =>
      flow.isRefused && / the server responded with a status of 4\d\d/.test(text)
    expect(complaints.filter((text) => !isExpected(text))).toEqual([])
    await page.evaluate('localStorage.clear()')
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
