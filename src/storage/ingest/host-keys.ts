import { reportKeyMismatch } from '../../domain/events/identity.ts'
import { addToCounter } from '../database/counters.ts'
import type { Database, Transaction } from '../database/database.ts'
import { applyReports } from '../events/apply-reports.ts'
import { noteAttempt } from '../events/attempts.ts'
import type { CachedHost } from '../hosts/host-cache.ts'
import type { HostReport, HostStore } from '../ports/store.ts'
import { renameHost } from './follow-rename.ts'

/**
 * The owners of host names. `host.key_hash` is that of the key that owns the name; null while the name
 * belongs to agents without a key, or has no owner when `is_released` is 1. Every change to an existing host
 * increments `counter.removed`, so that no process continues with its cached state.
 */

/** The result for a report whose key is not the one that is remembered for its host. */
export type Claim = 'claimed' | 'foreign'

/**
 * Gives the name to the report's key when a user has released it; else opens the event of an attempt. A
 * sender that is known by its key alone can't take a name: the host no longer belongs to the key that it
 * proved.
 */
export async function claimName(
  transaction: Transaction,
  host: CachedHost,
  report: HostReport,
): Promise<Claim> {
  const { keyHash = null, isByKey = false } = report
  const isKeyless = host.keyHash === null
  if (isKeyless && keyHash !== null && !isByKey) {
    const claimed = await transaction.run(
      `UPDATE host SET key_hash = ?, is_released = 0
        WHERE id = ? AND (key_hash IS NULL AND is_released = 1 OR key_hash = ?)`,
      [keyHash, host.id, keyHash],
    )
    // Another engine may have stored another key a moment ago.
    if (claimed > 0) {
      await addToCounter(transaction, 'removed', 1)
      host.keyHash = keyHash
      return 'claimed'
    }
  }
  await noteAttempt(transaction, host.id, reportKeyMismatch(report.seen, 'open', isKeyless))
  return 'foreign'
}

export function createHostNames(
  database: Database,
): Pick<HostStore, 'rename' | 'releaseName' | 'releaseKeyless' | 'listKeyed'> {
  return {
    rename: (name, newName) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<NamedHostRow>(
          'SELECT id, name, ip, domain, platform, build FROM host WHERE name = ?',
          [name],
        )
        if (!row) return 'unknown'
        const [other] = await transaction.query('SELECT id FROM host WHERE name = ?', [newName])
        if (other) return 'taken'
        const [former] = await transaction.query(
          'SELECT host FROM former_name WHERE name = ? AND host <> ?',
          [newName, row.id],
        )
        if (former) return 'taken'
        await renameHost(transaction, row, newName, true)
        return 'renamed'
      }),

    releaseName: (name, at) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.query<{ id: number }>(
          'SELECT id FROM host WHERE name = ? AND (key_hash IS NOT NULL OR is_released = 0)',
          [name],
        )
        if (!row) {
          const former = await transaction.run('DELETE FROM former_name WHERE name = ?', [name])
          if (former > 0) await addToCounter(transaction, 'removed', 1)
          return former > 0
        }
        await transaction.run('UPDATE host SET key_hash = NULL, is_released = 1 WHERE id = ?', [row.id])
        await applyReports(transaction, row.id, [reportKeyMismatch(at, 'closed')])
        await addToCounter(transaction, 'removed', 1)
        return true
      }),

    releaseKeyless: (at) =>
      database.transaction(async (transaction) => {
        const rows = await transaction.query<{ id: number }>(
          'SELECT id FROM host WHERE key_hash IS NULL AND is_released = 0 ORDER BY id',
        )
        for (const { id } of rows) {
          await transaction.run('UPDATE host SET is_released = 1 WHERE id = ?', [id])
          await applyReports(transaction, id, [reportKeyMismatch(at, 'closed')])
        }
        return rows.length
      }),

    async listKeyed(names) {
      const keyed = new Set<string>()
      for (const name of names) {
        const [row] = await database.query('SELECT id FROM host WHERE name = ? AND key_hash IS NOT NULL', [
          name,
        ])
        if (row) keyed.add(name)
      }
      return keyed
    },
  }
}

type NamedHostRow = { id: number; name: string; ip: string; domain: string; platform: string; build: string }
