import { afterAll, beforeAll, expect, test } from 'bun:test'
import { PAGES } from '../../src/web/pages/index.ts'
import { startTestSite, type TestSite } from './site.ts'

/** What an agent could send to get into the pages of whoever looks. */
const EVIL = `</script></title><script>alert(1)</script>"'><img src=x onerror=alert(1)>`
const METRIC = 'perf.filesystem.dev.sda1.percent.used'

/** Elements and attributes that none of our pages has, as a parser of HTML sees them. */
function listDangers(markup: string): string[] {
  const dangers: string[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element(element) {
      const { tagName } = element
      const isData = element.getAttribute('type') === 'application/json'
      if (tagName === 'img' || tagName === 'style') dangers.push(tagName)
      if (tagName === 'script' && !element.hasAttribute('src') && !isData) dangers.push('inline script')
      for (const [name] of element.attributes)
        if (name === 'style' || name.startsWith('on')) dangers.push(`${tagName} ${name}`)
    },
  })
  rewriter.transform(markup)
  return dangers
}

test('the test sees what it looks for', () => {
  expect(listDangers('<p style="a" onclick="b"><img src=x></p><script>1</script><a title=" onx=">')).toEqual([
    'p style',
    'p onclick',
    'img',
    'inline script',
  ])
})

let site: TestSite
beforeAll(async () => {
  site = await startTestSite()
  const now = site.clock.now()
  const facts = { ip: EVIL, platform: EVIL, build: EVIL, architecture: EVIL, domain: EVIL }
  await site.report('web01', now - 60, { [METRIC]: 41.5, 'perf.memory.percent.used': 1 }, facts)
  const event = {
    uid: null,
    change: 1,
    time: now - 60,
    metric: METRIC,
    severity: 1 as const,
    status: 'open' as const,
  }
  await site.store.ingest.write([
    {
      host: 'web01',
      facts: null,
      heard: now,
      clockSkew: 0,
      frames: [],
      events: [{ ...event, message: EVIL }],
    },
  ])
})
afterAll(() => site.stop())

const evil = encodeURIComponent(EVIL)
const pages = PAGES.filter((page) => page.method === 'GET' && page.path !== '/live').flatMap(({ path }) => {
  const good = path.replace(':name', 'web01').replace(':metric', METRIC).replace(':id', '1')
  const bad = path.replace(/:\w+/g, evil)
  return [
    good,
    `${good}?q=${evil}&search=${evil}&sort=${evil}&range=${evil}&from=${evil}&page=${evil}&next=/${evil}`,
    bad,
  ]
})

test.each([...new Set(pages)].map((path) => [decodeURIComponent(path).slice(0, 60), path] as const))(
  'nothing that was sent becomes markup on %s',
  async (_, path) => {
    const response = await site.send(path, { headers: await site.as('admin') })
    expect(response.status).toBeLessThan(500)
    const text = await response.text()
    expect(text).not.toContain('<script>alert')
    expect(listDangers(text)).toEqual([])
  },
)

test('the home page and the lists show it as the text that it is', async () => {
  const headers = await site.as('viewer')
  for (const path of ['/hosts', '/hosts/web01', '/events'])
    expect(await (await site.send(path, { headers })).text()).toContain(
      '&lt;script&gt;alert(1)&lt;/script&gt;',
    )
})

test('the API gives it unchanged, as JSON that no browser takes for a page', async () => {
  const response = await site.send('/api/v1/hosts/web01', { headers: await site.as('viewer') })
  expect(((await response.json()) as { build: string }).build).toBe(EVIL)
  expect(response.headers.get('content-type')).toStartWith('application/json')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})
