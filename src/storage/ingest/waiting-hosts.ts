import type { Database, Transaction } from '../database/database.ts'
import { addHost } from '../hosts/host-cache.ts'
import type { EnrolmentStore, HostReport } from '../ports/store.ts'

/** Hosts that wait or were refused; above this, those that were silent for longest are forgotten. */
const MAX_WAITING = 1000
/** How often a row is written though nothing but the time is new. */
const NOTE_SECONDS = 60

type WaitingRow = {
  name: string
  key_hash: string | null
  ip: string
  build: string
  first_seen: number
  last_seen: number
  is_refused: number
}

const COLUMNS = 'name, key_hash, ip, build, first_seen, last_seen, is_refused'

/** Notes that an agent asked to join. The first one to use a name is the one that is decided on. */
export async function noteWaiting(transaction: Transaction, report: HostReport): Promise<void> {
  const { host, keyHash = null, facts, seen } = report
  const [known] = await transaction.query<WaitingRow>(
    `SELECT ${COLUMNS} FROM waiting_host WHERE name = ? ${transaction.dialect.forUpdate}`,
    [host],
  )
  if (known !== undefined) {
    if (known.key_hash === keyHash && known.last_seen + NOTE_SECONDS <= seen)
      await transaction.run('UPDATE waiting_host SET last_seen = ? WHERE name = ?', [seen, host])
    return
  }
  await makeRoom(transaction)
  await transaction.run(`INSERT INTO waiting_host (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, 0)`, [
    host,
    keyHash,
    facts?.ip ?? '',
    facts?.build ?? '',
    seen,
    seen,
  ])
}

async function makeRoom(transaction: Transaction): Promise<void> {
  const [row] = await transaction.query<{ total: number }>('SELECT COUNT(*) AS total FROM waiting_host')
  if ((row?.total ?? 0) < MAX_WAITING) return
  const [quietest] = await transaction.query<{ name: string }>(
    'SELECT name FROM waiting_host ORDER BY last_seen, name LIMIT 1',
  )
  if (quietest !== undefined)
    await transaction.run('DELETE FROM waiting_host WHERE name = ?', [quietest.name])
}

export function createWaitingHosts(
  database: Database,
): Pick<EnrolmentStore, 'listWaiting' | 'approve' | 'refuse'> {
  return {
    async listWaiting(limit) {
      const [count] = await database.query<{ total: number }>(
        'SELECT COUNT(*) AS total FROM waiting_host WHERE is_refused = 0',
      )
      const rows = await database.query<WaitingRow>(
        `SELECT ${COLUMNS} FROM waiting_host WHERE is_refused = 0 ORDER BY first_seen, name LIMIT ?`,
        [limit],
      )
      const hosts = rows.map(({ name, ip, build, key_hash, first_seen, last_seen }) => ({
        name,
        ip,
        build,
        firstSeen: first_seen,
        lastSeen: last_seen,
        hasKey: key_hash !== null,
      }))
      return { total: count?.total ?? 0, hosts }
    },

    approve: (name, at) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<WaitingRow>(
          `SELECT ${COLUMNS} FROM waiting_host WHERE name = ? ${transaction.dialect.forUpdate}`,
          [name],
        )
        if (row === undefined) return false
        await transaction.run('DELETE FROM waiting_host WHERE name = ?', [name])
        const [host] = await transaction.query('SELECT id FROM host WHERE name = ?', [name])
        if (host === undefined)
          await addHost(transaction, {
            host: name,
            keyHash: row.key_hash,
            facts: null,
            seen: at,
            clockSkew: null,
            frames: [],
            events: [],
          })
        return true
      }),

    refuse: async (name) =>
      (await database.transaction((transaction) =>
        transaction.run('UPDATE waiting_host SET is_refused = 1 WHERE name = ? AND is_refused = 0', [name]),
      )) > 0,
  }
}
