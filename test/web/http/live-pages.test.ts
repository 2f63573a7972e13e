import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createLivePages } from '../../../src/web/http/live-pages.ts'
import { applyDelta, LIVE_PAGE_HEADER } from '../../../src/web/ui/page-delta.ts'
import { startTestSite, type TestSite } from '../site.ts'

const idOf = (response: Response) => response.headers.get(LIVE_PAGE_HEADER) ?? ''
const isWhole = (response: Response) => response.headers.get('content-type')?.startsWith('text/html')

describe('pages that open browsers show', () => {
  test('come as a whole first, and then as what changed', async () => {
    const pages = createLivePages()
    const first = pages.answer('<p>one</p><p>two</p>', 'new', 'ada /')
    expect(isWhole(first)).toBe(true)
    const second = pages.answer('<p>one</p><p>three</p>', idOf(first), 'ada /')
    expect(isWhole(second)).toBe(false)
    expect(applyDelta('<p>one</p><p>two</p>', await second.json())).toBe('<p>one</p><p>three</p>')
    expect(idOf(second)).not.toBe(idOf(first))
    // The browser has the newer version now.
    expect(isWhole(pages.answer('<p>four</p>', idOf(first), 'ada /'))).toBe(true)
  })

  test('belong to their user and their address', () => {
    const pages = createLivePages()
    const id = idOf(pages.answer('<p>secret</p>', 'new', 'ada /'))
    expect(isWhole(pages.answer('<p>secret</p>', id, 'vera /'))).toBe(true)
    expect(isWhole(pages.answer('<p>secret</p>', id, 'ada /hosts'))).toBe(true)
    // A client that guessed the name of a page does not take the page from its owner.
    expect(isWhole(pages.answer('<p>secret</p>', id, 'ada /'))).toBe(false)
  })

  test('are forgotten, the oldest first, and are no more than so many', () => {
    const pages = createLivePages()
    const page = 'x'.repeat(400_000)
    const ids = Array.from({ length: 30 }, (_, i) => idOf(pages.answer(page, 'new', `ada /${i}`)))
    expect(isWhole(pages.answer(page, ids[0] ?? '', 'ada /0'))).toBe(true)
    expect(isWhole(pages.answer(page, ids[29] ?? '', 'ada /29'))).toBe(false)
    const long = pages.answer('x'.repeat(500_001), 'new', 'ada /')
    expect(idOf(long)).toBe('')
    expect(isWhole(long)).toBe(true)
  })
})

/** The token of forms is masked anew for each answer. */
const withoutCsrf = (markup: string) => markup.replace(/name="csrf" value="[^"]+"/g, '')

describe('on the website', () => {
  let site: TestSite
  beforeAll(async () => {
    site = await startTestSite()
    await site.report('web01', site.clock.now(), { 'perf.processor.percent.used': 3 })
  })
  afterAll(() => site.stop())

  test('what changed makes the page that a reader without scripts gets', async () => {
    const { cookie } = await site.as('viewer')
    const ask = (held?: string) =>
      site.send('/', { headers: { cookie, ...(held !== undefined && { [LIVE_PAGE_HEADER]: held }) } })
    const whole = await ask('new')
    const old = await whole.text()
    await site.report('web02', site.clock.now(), { 'perf.processor.percent.used': 4 })
    const changed = await ask(idOf(whole))
    const fresh = await (await ask()).text()
    expect(fresh).toContain('web02')
    expect(withoutCsrf(applyDelta(old, await changed.json()))).toBe(withoutCsrf(fresh))
    const made = await ask('made up')
    expect(isWhole(made)).toBe(true)
  })

  test('nobody without a session has pages remembered', async () => {
    const answer = await site.send('/login', { headers: { [LIVE_PAGE_HEADER]: 'new' } })
    expect(answer.headers.has(LIVE_PAGE_HEADER)).toBe(false)
  })
})
