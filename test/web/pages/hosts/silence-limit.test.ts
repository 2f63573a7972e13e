import { expect, test } from 'bun:test'
import { aFrame, aReport } from '../../../storage/reports.ts'
import { SILENCE, startTestSite, type TestSite } from '../../site.ts'

/** What the links above the list count, and what the row of the only host says. */
const countsOf = (markup: string) => ({
  up: />Up ?(?:<[^>]*>)*(\d+)/.exec(markup)?.[1],
  down: />Down ?(?:<[^>]*>)*(\d+)/.exec(markup)?.[1],
  row: /class="col-status[^>]*>(?:<[^>]*>)*?<span class="status (\w+)"/.exec(markup)?.[1],
  isOld: markup.includes('class="is-old"'),
})

test('a host that reaches the limit of silence while the page is made is counted and listed as the same', async () => {
  let site: TestSite | null = null
  /** Milliseconds that pass in the next readings of the revision: those of the navigation, then those of the page. */
  let delays: readonly number[] = []
  site = await startTestSite((store) => ({
    ...store,
    hosts: {
      ...store.hosts,
      async revision() {
        const [delay = 0, ...rest] = delays
        delays = rest
        await site?.clock.advance(delay)
        return store.hosts.revision()
      },
    },
  }))
  try {
    const seen = site.clock.now()
    await site.store.ingest.write([
      aReport('web1', { seen, frames: [aFrame(seen, { 'perf.memory.percent.used': 1 })] }),
    ])
    const headers = await site.as('viewer')
    const read = async (query: string) =>
      (await (await site?.send(`/hosts${query}`, { headers }))?.text()) ?? ''
    await site.clock.advance(SILENCE * 1000)
    expect(countsOf(await read(''))).toEqual({ up: '1', down: '0', row: 'up', isOld: false })
    // The request begins in the last second in which the host is up, and the hosts are counted in the next.
    delays = [0, 1000]
    expect(countsOf(await read(''))).toEqual({ up: '0', down: '1', row: 'down', isOld: true })
    expect(await read('?status=down&q=web')).toContain('>web1</a>')
    expect(await read('?status=up&q=web')).not.toContain('>web1</a>')
  } finally {
    await site.stop()
  }
})
