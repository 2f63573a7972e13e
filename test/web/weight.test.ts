import { afterAll, beforeAll, expect, test } from 'bun:test'
import { systemClock } from '../../src/lib/clock.ts'
import { PASSWORD, type SeededWebsite, startSeededWebsite, USER } from '../browser/harness/website.ts'
import { findAddress, PAGE_LIST } from '../browser/page-list.ts'
import { fillLargeHost, LARGE_METRICS } from '../support/large-host.ts'

/** Everything that a first visit fetches, compressed. */
const MOST_BYTES = 100_000
const MANY = 10_000

let few: SeededWebsite
let many: SeededWebsite

beforeAll(async () => {
  // So many that their events fill a page of the list, as those of ten thousand do.
  few = await startSeededWebsite({ hosts: 320, minutes: 2, firstMinutes: 70, oddNames: true, settings: true })
  many = await startSeededWebsite({ hosts: MANY, minutes: 2, firstMinutes: 70, settings: true })
}, 120_000)
afterAll(async () => {
  await few?.close()
  await many?.close()
})

type Weight = { readonly page: number; readonly assets: number; readonly elsewhere: readonly string[] }

async function weigh({ origin }: SeededWebsite, path: string, cookie: string): Promise<Weight> {
  const headers = { cookie, 'accept-encoding': 'gzip' }
  const fetchPacked = async (address: string) => {
    const answer = await fetch(new URL(address, origin), { headers, decompress: false })
    return { answer, bytes: new Uint8Array(await answer.arrayBuffer()) }
  }
  const { answer, bytes } = await fetchPacked(path)
  const isPacked = answer.headers.get('content-encoding') === 'gzip'
  const markup = new TextDecoder().decode(isPacked ? Bun.gunzipSync(bytes) : bytes)
  const addresses = new Set<string>()
  new HTMLRewriter()
    .on('link[href], script[src], img[src], source[src], iframe[src]', {
      element: (element) =>
        void addresses.add(element.getAttribute('href') ?? element.getAttribute('src') ?? ''),
    })
    .transform(markup)
  let assets = 0
  for (const address of addresses)
    if (address.startsWith('/')) assets += (await fetchPacked(address)).bytes.length
  return {
    page: bytes.length,
    assets,
    elsewhere: [...addresses].filter((address) => !/^(\/(?!\/)|data:)/.test(address)),
  }
}

async function signIn({ origin }: SeededWebsite): Promise<string> {
  const body = new URLSearchParams({ name: USER, password: PASSWORD })
  const answer = await fetch(`${origin}/login`, { method: 'POST', body, redirect: 'manual' })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

test('whichever page is the first, it is small with all that it fetches, and fetches nothing from elsewhere', async () => {
  const cookie = await signIn(few)
  const heavy: string[] = []
  for (const listed of PAGE_LIST.filter(({ ofEmpty }) => !ofEmpty)) {
    const path = await findAddress(listed, few.store)
    const { page, assets, elsewhere } = await weigh(few, path, listed.user === null ? '' : cookie)
    expect(elsewhere).toEqual([])
    expect(assets).toBeGreaterThan(5000)
    if (page + assets >= MOST_BYTES) heavy.push(`${path}: ${page} + ${assets}`)
  }
  expect(heavy).toEqual([])
}, 60_000)

test('the page of a host of 500 metrics stays below 150 KB as it is, and has the rest on demand', async () => {
  expect(LARGE_METRICS.length).toBe(500)
  await fillLargeHost(few.store, { host: 'large', now: systemClock.now(), minutes: 1440 })
  const headers = { cookie: await signIn(few) }
  const read = async (query: string) => (await fetch(`${few.origin}/hosts/large${query}`, { headers })).text()
  for (const range of ['1h', '24h', '30d'])
    expect((await read(`?range=${range}`)).length).toBeLessThan(150_000)
  const closed = await read('')
  const opened = await read('?open=disks')
  expect(closed).not.toContain('>sdl</')
  expect(opened).toContain('>sdl</')
  expect(opened).toContain('Show less of Disks')
}, 60_000)

test('ten thousand hosts make no page heavier', async () => {
  const [cookieOfFew, cookieOfMany] = [await signIn(few), await signIn(many)]
  expect((await many.store.hosts.list({ upSince: 0, limit: 1 })).total).toBe(MANY)
  const grown: string[] = []
  for (const listed of PAGE_LIST.filter(({ ofEmpty, user }) => !ofEmpty && user === undefined)) {
    const path = await findAddress(listed, many.store)
    const before = await weigh(few, await findAddress(listed, few.store), cookieOfFew)
    const { page, assets } = await weigh(many, path, cookieOfMany)
    // A report is there to be printed as a whole, up to a bound of its own.
    const isReport = path.startsWith('/reports/')
    // Names and numbers have more digits; a list that is not paged would be fifty times as long.
    if (page + assets >= MOST_BYTES || (!isReport && page > 1.3 * before.page + 500))
      grown.push(`${path}: ${page} of ${before.page}`)
  }
  expect(grown).toEqual([])
}, 120_000)
