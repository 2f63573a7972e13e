import { Database as Connection } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { openDatabase } from '../../../src/storage/database/open.ts'
import { createStore } from '../../../src/storage/open.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'
import { recordStatements } from '../../support/sql/plans.ts'
import { aReport, MIDNIGHT } from '../reports.ts'

test('the states of hosts and their outages come from one index, from the begin of the time on', async () => {
  const dataDir = makeTempDir()
  const clock = fakeClock(MIDNIGHT * 1000)
  const log = createLog({ level: 'error', format: 'text' })
  const opened = await openDatabase('sqlite:monitor.db', { dataDir, clock, log })
  const store = createStore(opened, { clock, log })
  const recorded = recordStatements()
  try {
    await store.ingest.write([aReport('web', { seen: MIDNIGHT })])
    await store.events.listOpenTimesOf(['web'], MIDNIGHT, 900)
    await store.events.listOutages([{ name: 'web', firstSeen: 0, lastSeen: MIDNIGHT }], 0, MIDNIGHT)
    recorded.stop()
    const connection = new Connection(join(dataDir, 'monitor.db'), { readonly: true })
    const plans = [...recorded.statements]
      .filter((sql) => /FROM event|JOIN event/.test(sql))
      .map((sql) => connection.prepare<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all())
      .map((steps) => steps.map(({ detail }) => detail).join('; '))
    connection.close()
    const states = plans.filter((plan) => plan.includes('COVERING INDEX event_by_host_span'))
    expect(states).toHaveLength(2)
    for (const plan of states) expect(plan).toMatch(/event_by_host_span \(host=\? AND closed[=>]\?\)/)
    expect(
      plans.filter((plan) => /INDEX event_by_host_span \(host=\? AND closed>\?\)/.test(plan)),
    ).toHaveLength(3)
  } finally {
    recorded.stop()
    await store.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
