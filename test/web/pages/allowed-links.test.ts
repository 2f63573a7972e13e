import { afterAll, beforeAll, expect, test } from 'bun:test'
import { PASSWORD, type SeededWebsite, startSeededWebsite } from '../../browser/harness/website.ts'
import { findAddress, PAGE_LIST } from '../../browser/page-list.ts'

let website: SeededWebsite
beforeAll(async () => {
  website = await startSeededWebsite({ hosts: 16, minutes: 20, oddNames: true, settings: true })
  await website.addUser('operator', 'operator')
})
afterAll(() => website.close())

async function signIn(name: string): Promise<string> {
  const response = await fetch(`${website.origin}/login`, {
    method: 'POST',
    body: new URLSearchParams({ name, password: PASSWORD }),
    redirect: 'manual',
  })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

/** Addresses that differ by the thing alone lead to one page, and one of them is enough. */
const kindOf = (address: string) =>
  address
    .replace(/[?#].*$/, '')
    .replace(/^\/hosts\/[^/]+/, '/hosts/:host')
    .replace(/\/metrics\/[^/]+/, '/metrics/:metric')
    .replace(/\/\d+/, '/:id')

test.each(['viewer', 'operator', 'admin'])(
  'the user %s sees no link to a page that is refused or missing',
  async (user) => {
    const headers = { cookie: await signIn(user), accept: 'text/html' }
    const get = (address: string) => fetch(website.origin + address, { headers, redirect: 'manual' })
    const found = new Map<string, { address: string; page: string }>()
    let pages = 0
    for (const listed of PAGE_LIST.filter(({ ofEmpty, user: of }) => !ofEmpty && of === undefined)) {
      const address = await findAddress(listed, website.store)
      const response = await get(address)
      const markup = await response.text()
      if (response.status !== 200) continue
      pages++
      for (const [, href = ''] of markup.matchAll(/<a\b[^>]*?\shref="(\/[^"]*)"/g)) {
        const target = href.replaceAll('&amp;', '&')
        if (!found.has(kindOf(target))) found.set(kindOf(target), { address: target, page: listed.name })
      }
    }
    const refused: string[] = []
    for (const { address, page } of found.values()) {
      const response = await get(address)
      await response.body?.cancel()
      if (response.status >= 400) refused.push(`${page}: ${address} gives ${response.status}`)
    }
    expect(refused).toEqual([])
    expect(pages).toBeGreaterThan(30)
    expect(found.size).toBeGreaterThan(20)
  },
)
