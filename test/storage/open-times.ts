import { expect } from 'bun:test'
import type { OpenPeriod } from '../../src/domain/hosts/state-history.ts'
import { AVAILABILITY } from '../../src/domain/metrics/declared/server-events.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import type { OpenDatabase } from '../../src/storage/database/open.ts'
import { listOpenTimesOf } from '../../src/storage/events/open-times.ts'
import { createStore } from '../../src/storage/open.ts'
import { randomOf } from './random.ts'
import { aFrame, aReport, MIDNIGHT } from './reports.ts'

const DAY = 86_400
const HOSTS = ['web', 'db', 'calm']

/** Of a database without hosts: random events of some are the same by slot whether the database groups them or the program does. */
export async function expectSameGroups(opened: OpenDatabase): Promise<void> {
  const { database } = opened
  const store = createStore(opened, {
    clock: systemClock,
    log: createLog({ level: 'error', format: 'text' }),
  })
  await store.ingest.write(HOSTS.map((host) => aReport(host, { frames: [aFrame(MIDNIGHT, { m: 1 })] })))
  const next = randomOf(0x51075)
  const at = (most: number) => Math.floor(next() * most)
  await database.transaction(async (transaction) => {
    const known = await transaction.query<{ id: number; name: string }>('SELECT id, name FROM host')
    for (let i = 0; i < 600; i++) {
      const opened = MIDNIGHT + at(40 * DAY)
      // Many are short, a few last for days or are still open; some end when they begin.
      const length = [0, at(300), at(9000), at(4 * DAY)][i % 4] ?? 0
      const isOpen = i % 25 === 0
      const host = known.find(({ name }) => name === HOSTS[i % 7 === 0 ? 1 : 0])?.id ?? 0
      await transaction.run(
        `INSERT INTO event (host, metric, uid, change_number, severity, is_open, closed_by_hand, message, opened, closed)
          VALUES (?, ?, ?, 2, ?, ?, 0, '', ?, ?)`,
        [
          host,
          i % 3 === 0 ? AVAILABILITY.name : `metric.${i % 5}`,
          `event-${i}`,
          1 + at(4),
          isOpen ? 1 : 0,
          opened,
          isOpen ? null : opened + length,
        ],
      )
    }
  })
  let longest = 0
  for (const [days, slot] of [
    [40, DAY / 3],
    [30, DAY / 3],
    [1, 900],
    [7, 3600],
    [0, 900],
  ] as const)
    for (const shift of [0, 1, 12_345]) {
      const from = MIDNIGHT + 40 * DAY - days * DAY + shift
      const [single, grouped] = await Promise.all([
        listOpenTimesOf(database, HOSTS, { from, slot }),
        listOpenTimesOf(database, HOSTS, { from, slot, most: 3 }),
      ])
      expect(sortTimes(single)).toEqual(sortTimes(grouped))
      longest = Math.max(longest, single.get('web')?.length ?? 0)
      expect(single.has('calm')).toBeFalse()
      const counted = [...single.values()].flat().reduce((sum, { count }) => sum + count, 0)
      const [row] = await database.query<{ events: number }>(
        'SELECT COUNT(*) AS events FROM event WHERE closed IS NULL OR closed >= ?',
        [from],
      )
      expect(counted).toBe(row?.events ?? 0)
    }
  expect(longest).toBeGreaterThan(200)
  await store.close()
}

const sortTimes = (times: ReadonlyMap<string, readonly OpenPeriod[]>) =>
  [...times]
    .map(
      ([name, list]) =>
        [name, list.map((time) => JSON.stringify(Object.entries(time).sort())).sort()] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
