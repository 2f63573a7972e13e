import type { Database, Transaction } from '../database/database.ts'
import { remember } from '../database/engine-memory.ts'
import { applyReports } from '../events/apply-reports.ts'
import { resolveAttempts } from '../events/attempts.ts'
import { NO_HOST } from '../events/event-rows.ts'
import { CLOCK_TOLERANCE, type LastSeenBuffer } from '../hosts/last-seen.ts'
import type { WatchStore } from '../ports/store.ts'

export function createWatchStore(database: Database, states: LastSeenBuffer): WatchStore {
  return {
    async listLastSeen(now) {
      await states.settle()
      const hosts = await database.query<{ name: string; lastSeen: number }>(
        'SELECT name, last_seen AS lastSeen FROM host',
      )
      const latest = now + CLOCK_TOLERANCE
      if (hosts.every(({ lastSeen }) => lastSeen <= latest)) return hosts
      await database.transaction((transaction) =>
        // Its value for the host's clock was wrong as well.
        transaction.run('UPDATE host SET clock_skew = NULL, last_seen = ? WHERE last_seen > ?', [
          now,
          latest,
        ]),
      )
      return hosts.map(({ name, lastSeen }) => ({ name, lastSeen: lastSeen > latest ? now : lastSeen }))
    },

    async listClocks() {
      await states.settle()
      return database.query(
        `SELECT name, last_seen AS lastSeen, clock_skew AS skew FROM host WHERE clock_skew IS NOT NULL ORDER BY name`,
      )
    },

    listSeen: (metric) =>
      database.query(
        `SELECT COALESCE(host.name, '') AS host, event.opened AS opened, event.uid AS uid, event.message AS message
          FROM event LEFT JOIN host ON host.id = event.host WHERE event.seen_open = 1 AND event.metric = ?`,
        [metric],
      ),

    resolveAttempts: (before, at) =>
      database.transaction((transaction) => resolveAttempts(transaction, before, at)),

    report: (reports, at, memory) =>
      database.transaction(async (transaction) => {
        for (const { host, members, report } of reports) {
          const id = host === null ? NO_HOST : await findHost(transaction, host)
          if (id !== null) await applyReports(transaction, id, [report], { seen: at, members })
        }
        if (memory === undefined) return
        await remember(transaction, memory.name, memory.value)
      }),

    remember: (name, value) => database.transaction((transaction) => remember(transaction, name, value)),

    async recall(name) {
      const [row] = await database.query<{ value: string }>(
        'SELECT value FROM engine_memory WHERE name = ?',
        [name],
      )
      return row?.value ?? null
    },

    takeLease: (name, holder, now, seconds) =>
      database.transaction(async (transaction) => {
        await transaction.run(database.dialect.insertMissing('lease', ['name', 'holder', 'ends'], 1), [
          name,
          holder,
          0,
        ])
        const taken = await transaction.run(
          'UPDATE lease SET holder = ?, ends = ? WHERE name = ? AND (holder = ? OR ends < ? OR ends > ?)',
          // An end too far ahead was written by a clock that was wrong.
          [holder, now + seconds, name, holder, now, now + 10 * seconds],
        )
        return taken > 0
      }),

    async releaseLease(name, holder) {
      await database.transaction((transaction) =>
        transaction.run('UPDATE lease SET ends = 0 WHERE name = ? AND holder = ?', [name, holder]),
      )
    },
  }
}

async function findHost(transaction: Transaction, name: string): Promise<number | null> {
  const [row] = await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [name])
  return row?.id ?? null
}
