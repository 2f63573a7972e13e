import type { ReportedThreshold } from '../../domain/thresholds/reported-threshold.ts'
import type { Database, Transaction } from '../database/database.ts'

/**
 * The thresholds that agents report they evaluate: `host_threshold` has one row for each host whose agent
 * reports them, also when the list is empty. Not in `host`, which home and the list of hosts read. `packed`
 * is JSON in zstd, `digest` the SHA-256 of the JSON.
 */

/**
 * Replaces the stored list, null for none; reads one digest when the list is the same. It is compared with
 * the database and not with the cache, because the agent may have sent another list to another engine
 * meanwhile.
 */
export async function saveThresholds(
  transaction: Transaction,
  host: number,
  thresholds: readonly ReportedThreshold[] | null,
): Promise<void> {
  if (thresholds === null) {
    await transaction.run('DELETE FROM host_threshold WHERE host = ?', [host])
    return
  }
  const text = JSON.stringify(thresholds)
  const digest = new Bun.CryptoHasher('sha256').update(text).digest('hex')
  const [row] = await transaction.query<{ digest: string }>(
    'SELECT digest FROM host_threshold WHERE host = ?',
    [host],
  )
  if (row?.digest === digest) return
  const upsert = transaction.dialect.upsert('host_threshold', ['host'], ['host', 'digest', 'packed'])
  await transaction.run(upsert, [host, digest, Bun.zstdCompressSync(text)])
}

/** Lists that are remembered: agents report the same ones, by how many processors a machine has. */
const MAX_LISTS = 8

export type FindThresholds = (host: string) => Promise<readonly ReportedThreshold[] | null>

/** Gives the same list, which nobody changes, for all hosts whose agents report the same. */
export function createFindThresholds(database: Database): FindThresholds {
  const known = new Map<string, readonly ReportedThreshold[]>()
  return async (name) => {
    const [row] = await database.query<{ digest: string; packed: Uint8Array }>(
      `SELECT digest, packed FROM host_threshold JOIN host ON host.id = host_threshold.host WHERE host.name = ?`,
      [name],
    )
    if (!row) return null
    const held = known.get(row.digest)
    if (held !== undefined) return held
    const list: readonly ReportedThreshold[] = JSON.parse(Bun.zstdDecompressSync(row.packed).toString())
    if (known.size >= MAX_LISTS) known.clear()
    known.set(row.digest, list)
    return list
  }
}
