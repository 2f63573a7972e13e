import { describe, expect, test } from 'bun:test'
import type { HostReport, Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { aFrame, aReport, MIDNIGHT } from '../reports.ts'
import { openEach } from './open-each.ts'
import type { Workbench } from './store.contract.ts'

/** Every database must distinguish errors in the content of a report from all other errors. */
export function describeContent(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let store: Store
    openEach(makeWorkbench, (opened) => {
      ;({ bench, store } = opened)
    })

    const failureOf = (report: HostReport) =>
      store.ingest.write([report]).then(
        () => null,
        (error: unknown) => error,
      )

    test('a value that cannot exist is an error of the report, and nothing of it is stored', async () => {
      const failure = await failureOf(aReport('web01', { frames: [aFrame(-1, { a: 1 })] }))
      expect(store.ingest.isContentError(failure)).toBe(true)
      expect(await store.hosts.find('web01')).toBeNull()
    })

    test('a text that is too long for its column is one too, where columns have lengths', async () => {
      const events = [
        {
          uid: 'u'.repeat(129),
          change: 1,
          time: MIDNIGHT,
          metric: 'a',
          severity: 1 as const,
          status: 'open' as const,
          message: '',
        },
      ]
      const failure = await failureOf(aReport('web01', { events }))
      if (failure !== null) expect(store.ingest.isContentError(failure)).toBe(true)
      expect(failure === null).toBe(bench.takesAnyLength === true)
    })

    test('a closed database is not an error of the report', async () => {
      const other = await bench.open(fakeClock(MIDNIGHT * 1000))
      await other.close()
      const failure = await other.ingest.write([aReport('web01')]).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(Error)
      expect(other.ingest.isContentError(failure)).toBe(false)
    })
  })
}
