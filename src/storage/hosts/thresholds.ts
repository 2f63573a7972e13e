import type { ReportedThreshold } from '../../domain/thresholds/reported-threshold.ts'
import type { Database, Transaction } from '../database/database.ts'

/**
 * What agents say they evaluate: `host_threshold` has one row for each host whose agent tells it, also when
 * it tells that there is nothing. Not in `host`, which home and the list of hosts read. `packed` is JSON in
 * zstd, `digest` the SHA-256 of the JSON.
 */

/**
 * Puts a list in place of what was stored, null for none; reads one digest when that is the same. It is
 * compared with the database and not with what is remembered, because the agent may have told another engine
 * something else meanwhile.
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

export async function findThresholds(database: Database, name: string): Promise<ReportedThreshold[] | null> {
  const [row] = await database.query<{ packed: Uint8Array }>(
    `SELECT packed FROM host_threshold JOIN host ON host.id = host_threshold.host WHERE host.name = ?`,
    [name],
  )
  return row ? JSON.parse(Bun.zstdDecompressSync(row.packed).toString()) : null
}
