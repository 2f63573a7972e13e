import type { DayDifference, HostAudit } from '../../domain/audit/host-audit.ts'
import { isLossReason, UNEXPLAINED } from '../../domain/audit/loss.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import type { Database, Reader } from '../database/database.ts'
import type { DataAuditStore } from '../ports/store.ts'
import { closeQuietGaps, type GapRow, reasonOf, reportGaps, UNUSED } from './gaps.ts'
import { openAccount, QUEUE_COLUMNS, type QueueRow } from './queue-rows.ts'
import { countDays, wasDamaged } from './recount.ts'
import { addRejections, listRejections, sumRejections } from './rejections.ts'
import { settleReceipts } from './settle.ts'

const MAX_DIFFERENCES = 100

/** With at most this many hosts, settling has no noticeable cost. */
const FEW_HOSTS = 500
/**
 * With more hosts, settling is this rare: it writes a row for each host, which then costs little per packet.
 */
const SELDOM_SECONDS = 3600

export function createDataAuditStore(database: Database): DataAuditStore {
  let settledAt = 0

  /** False while many hosts would have to be written again so soon. */
  async function isDue(at: number): Promise<boolean> {
    if (Math.abs(at - settledAt) >= SELDOM_SECONDS) return true
    const [row] = await database.query<{ hosts: number }>('SELECT COUNT(*) AS hosts FROM agent_run')
    return (row?.hosts ?? 0) <= FEW_HOSTS
  }

  return {
    async settle(at, isAsked = true) {
      if (!isAsked && !(await isDue(at))) return
      settledAt = at
      while (await settleReceipts(database, at)) await yieldThread()
      while (await countDays(database, at)) await yieldThread()
      while (await reportGaps(database, at)) await yieldThread()
    },

    closeQuiet: (before, at) => closeQuietGaps(database, before, at),

    async audit(name) {
      const hosts = await database.query<{ id: number; name: string }>(
        `SELECT id, name FROM host ${name === undefined ? '' : 'WHERE name = ?'} ORDER BY name`,
        name === undefined ? [] : [name],
      )
      const audits: HostAudit[] = []
      for (const host of hosts) audits.push(await auditHost(database, host))
      return audits
    },

    async listGaps(host, limit) {
      const rows = await database.query<
        Pick<GapRow, 'reason' | 'amount' | 'from_time' | 'to_time' | 'noted'>
      >(
        `SELECT data_gap.reason AS reason, data_gap.amount AS amount, data_gap.from_time AS from_time,
          data_gap.to_time AS to_time, data_gap.noted AS noted
          FROM data_gap JOIN host ON host.id = data_gap.host WHERE host.name = ? AND data_gap.reason <> ?
          ORDER BY data_gap.noted DESC, data_gap.id DESC LIMIT ?`,
        [host, UNUSED, limit],
      )
      return rows.map(({ reason, amount, from_time: from, to_time: to, noted }) => ({
        reason: reasonOf(reason),
        amount,
        from,
        to,
        noted,
      }))
    },

    async findWaiting(host) {
      const [row] = await database.query<{ samples: number | null; first: number; last: number }>(
        `SELECT SUM(samples) AS samples, MIN(time) AS first, MAX(time) AS last FROM waiting_frame
          WHERE host = (SELECT id FROM host WHERE name = ?)`,
        [host],
      )
      if (!row || row.samples === null) return null
      return { samples: Number(row.samples), from: row.first, to: row.last }
    },

    addRejections: (rejections) => addRejections(database, rejections),
    listRejections: (host, limit) => listRejections(database, host, limit),

    prune: (before, limit) =>
      database.transaction(async (transaction) => {
        for (const [table, column] of [
          ['rejection', 'minute'],
          ['data_gap', 'noted'],
        ]) {
          const [row] = await transaction.query<{ last: number }>(
            `SELECT ${column} AS last FROM ${table} WHERE ${column} < ? ORDER BY ${column} LIMIT 1 OFFSET ?`,
            [before, limit - 1],
          )
          await transaction.run(`DELETE FROM ${table} WHERE ${column} <= ?`, [row?.last ?? before - 1])
        }
      }),
  }
}

type DaySums = {
  days: number | null
  acknowledged: number | null
  counted: number | null
  doubled: number | null
}

async function auditHost(reader: Reader, { id, name }: { id: number; name: string }): Promise<HostAudit> {
  const queues = await reader.query<QueueRow>(`SELECT ${QUEUE_COLUMNS} FROM agent_queue WHERE host = ?`, [id])
  const gaps = await reader.query<{ reason: string; amount: number }>(
    'SELECT reason, SUM(amount) AS amount FROM data_gap WHERE host = ? AND reason <> ? GROUP BY reason ORDER BY reason',
    [id, UNUSED],
  )
  const [sums] = await reader.query<DaySums>(
    `SELECT COUNT(*) AS days, SUM(acknowledged) AS acknowledged, SUM(counted) AS counted,
      SUM(CASE WHEN is_mixed = 0 AND counted > acknowledged THEN counted - acknowledged ELSE 0 END) AS doubled
      FROM sample_day WHERE host = ? AND counted IS NOT NULL`,
    [id],
  )
  const accounts = queues.map(openAccount)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const present = sum(accounts.map((account) => account.present))
  const pending = sum(accounts.map((account) => account.pending))
  const missing = Object.fromEntries(
    gaps.map(({ reason, amount }) => [isLossReason(reason) ? reason : UNEXPLAINED, Number(amount)]),
  )
  const lastTime = Math.max(0, ...queues.map(({ last_time: last }) => last))
  return {
    host: name,
    isNumbered: queues.length > 0,
    since: queues.length === 0 ? null : Math.min(...queues.map(({ since }) => since)),
    lastTime: lastTime === 0 ? null : lastTime,
    expected: present + pending + sum(Object.values(missing)),
    present,
    pending,
    missing,
    repeated: sum(accounts.map((account) => account.repeated)),
    samples: {
      acknowledged: Number(sums?.acknowledged ?? 0),
      counted: Number(sums?.counted ?? 0),
      days: Number(sums?.days ?? 0),
      doubled: Number(sums?.doubled ?? 0),
      differences: await listDifferences(reader, id),
    },
    refused: await sumRejections(reader, id),
  }
}

async function listDifferences(reader: Reader, host: number): Promise<DayDifference[]> {
  const rows = await reader.query<Omit<DayDifference, 'isDamaged'>>(
    `SELECT day, acknowledged, counted FROM sample_day
      WHERE host = ? AND (counted < acknowledged OR (is_mixed = 0 AND counted > acknowledged))
      ORDER BY day DESC LIMIT ?`,
    [host, MAX_DIFFERENCES],
  )
  const differences: DayDifference[] = []
  for (const row of rows) differences.push({ ...row, isDamaged: await wasDamaged(reader, host, row.day) })
  return differences
}
