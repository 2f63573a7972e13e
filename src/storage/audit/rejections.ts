import type { Database, Reader } from '../database/database.ts'
import type { MinuteRejections } from '../ports/store.ts'

/** The host of `rejection` where the sender was not known. */
const NOBODY = 0

/** Adds to the refusals of a minute; a name that is not a host's counts as unknown. */
export function addRejections(database: Database, rejections: readonly MinuteRejections[]): Promise<void> {
  return database.transaction(async (transaction) => {
    for (const { host, minute, reason, amount } of rejections) {
      const [known] =
        host === null
          ? []
          : await transaction.query<{ id: number }>('SELECT id FROM host WHERE name = ?', [host])
      const key = [known?.id ?? NOBODY, minute, reason]
      const columns = ['host', 'minute', 'reason', 'amount']
      await transaction.run(transaction.dialect.insertMissing('rejection', columns, 1), [...key, 0])
      await transaction.run(
        'UPDATE rejection SET amount = amount + ? WHERE host = ? AND minute = ? AND reason = ?',
        [amount, ...key],
      )
    }
  })
}

/** The newest first. */
export async function listRejections(
  reader: Reader,
  host: string | null,
  limit: number,
): Promise<MinuteRejections[]> {
  const rows = await reader.query<Omit<MinuteRejections, 'host'>>(
    host === null
      ? 'SELECT minute, reason, amount FROM rejection WHERE host = ? ORDER BY minute DESC, reason LIMIT ?'
      : `SELECT minute, reason, amount FROM rejection WHERE host = (SELECT id FROM host WHERE name = ?)
          ORDER BY minute DESC, reason LIMIT ?`,
    [host ?? NOBODY, limit],
  )
  return rows.map((row) => ({ ...row, host }))
}

/** By reason, over the whole stored time. */
export async function sumRejections(reader: Reader, host: number): Promise<Record<string, number>> {
  const rows = await reader.query<{ reason: string; amount: number }>(
    'SELECT reason, SUM(amount) AS amount FROM rejection WHERE host = ? GROUP BY reason ORDER BY reason',
    [host],
  )
  return Object.fromEntries(rows.map(({ reason, amount }) => [reason, Number(amount)]))
}
