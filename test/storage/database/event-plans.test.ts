import { Database as Connection } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { createStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { recordStatements } from '../../support/sql/plans.ts'
import { aReport, MIDNIGHT } from '../reports.ts'

/** SQLite's plans of the statements about events that `act` makes it prepare. */
async function explainEvents(act: (store: Store) => Promise<void>): Promise<string[]> {
  const dataDir = makeTempDir()
  const clock = fakeClock(MIDNIGHT * 1000)
  const log = createLog({ level: 'error', format: 'text' })
  const opened = await openDatabase('sqlite:monitor.db', { dataDir, clock, log })
  const store = createStore(opened, { clock, log })
  const recorded = recordStatements()
  try {
    await act(store)
    recorded.stop()
    const connection = new Connection(join(dataDir, 'monitor.db'), { readonly: true })
    const plans = [...recorded.statements]
      .filter((sql) => /FROM event|JOIN event/.test(sql) && !sql.startsWith('EXPLAIN'))
      .map((sql) => connection.prepare<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all())
      .map((steps) => steps.map(({ detail }) => detail).join('; '))
    connection.close()
    return plans
  } finally {
    recorded.stop()
    await store.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

test('outages of many hosts come from the index that holds outages alone, in its order', async () => {
  const spans = Array.from({ length: 21 }, (_, i) => ({ name: `web${i}`, firstSeen: 0, lastSeen: MIDNIGHT }))
  const plans = await explainEvents(async (store) => {
    await store.events.listOutages(spans, 0, MIDNIGHT)
  })
  const found = plans.filter((plan) => /event USING INDEX event_by_metric_end \(closed[=>]\?\)/.test(plan))
  expect(found).toHaveLength(2)
  expect(found.join()).not.toContain('TEMP')
})

test('what an agent reports is held against the unfinished events of its host, not against all it ever had', async () => {
  const plans = await explainEvents(async (store) => {
    const report = (uid: string, status: 'open' | 'closed') =>
      ({ uid, metric: 'a', severity: 2, message: '', change: 1, status, time: MIDNIGHT }) as const
    await store.ingest.write([aReport('web', { events: [report('one', 'open')] })])
    await store.ingest.write([aReport('web', { open: [report('two', 'open')] })])
    await store.events.report('web', [{ ...report('', 'closed'), uid: null }])
  })
  const reading = plans.filter((plan) => plan.includes('event_open_by_host (host=?)'))
  expect(reading.length).toBeGreaterThanOrEqual(3)
  expect(
    plans.filter((plan) => /event_by_(metric_time|host_span|opened|uid \(host=\?\)$)/.test(plan)),
  ).toEqual([])
})

test('the states of hosts and their outages come from one index, from the begin of the time on', async () => {
  const plans = await explainEvents(async (store) => {
    await store.ingest.write([aReport('web', { seen: MIDNIGHT })])
    await store.events.listOpenTimesOf(['web'], MIDNIGHT, 900)
    await store.events.listOutages([{ name: 'web', firstSeen: 0, lastSeen: MIDNIGHT }], 0, MIDNIGHT)
  })
  const states = plans.filter((plan) => plan.includes('COVERING INDEX event_by_host_span'))
  expect(states).toHaveLength(2)
  for (const plan of states) expect(plan).toMatch(/event_by_host_span \(host=\? AND closed[=>]\?\)/)
  // Those of the host itself, and those of several hosts, which it may be one of.
  expect(
    plans.filter((plan) => /INDEX event_by_host_span \(host=\? AND closed>\?\)/.test(plan)),
  ).toHaveLength(4)
  expect(plans.filter((plan) => /event_by_host_opened \(host=\? AND opened<\?\)/.test(plan))).toEqual([])
})

test('when events of a group were open is read from when they ended, not from all that its hosts ever had', async () => {
  const plans = await explainEvents(async (store) => {
    await store.ingest.write([aReport('web', { seen: MIDNIGHT })])
    await store.hosts.giveGroups('web', ['site'])
    await store.events.listOpenTimes({ facets: [['site']] }, MIDNIGHT, 900)
  })
  const closed = plans.filter(
    (plan) => plan.includes('USE TEMP B-TREE FOR GROUP BY') && plan.includes('closed>'),
  )
  expect(closed.filter((plan) => plan.includes('event_by_host_span (host=? AND closed>?)'))).not.toEqual([])
  expect(plans.filter((plan) => /event_by_host_opened \(host=\? AND opened>\?\)/.test(plan))).toEqual([])
})
