import type { ReportedQueue } from '../../domain/audit/received-numbers.ts'
import { reportAgentCopy } from '../../domain/events/agent-copy.ts'
import type { Transaction } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { noteAttempt } from '../events/attempts.ts'
import type { CachedAgentRun, CachedHost } from '../hosts/host-cache.ts'
import type { LastSeenBuffer } from '../hosts/last-seen.ts'
import type { HostReport } from '../ports/store.ts'
import type { ReplacedRuns } from './replaced-runs.ts'

/**
 * Which run of the agent sends for a host. This distinguishes two agents with the same key and queue: a run
 * that started before the other was last seen is not a restart of it, and neither is one that sent before the
 * other did.
 */

/** A restart may look this much too early: answers wait, and the two clocks are read at different times. */
const TOLERANCE = 30
/** The first of two agents is kept if it was seen within this time; otherwise the other one takes over. */
const KEPT_SECONDS = 900
/** The interval after which the runs that send for the hosts are read again. */
const REREAD_SECONDS = 600
/** Hosts of one commit of which it is read again. */
const REREAD_AT_ONCE = 200

type AgentRow = { run: string; queue: number; started: number; name: string; last_seen: number }

/** True when the report is from the agent that spoke before, as nearly all are, or from one that numbers nothing. */
export function isFromKnownAgent({ agentRun }: CachedHost, { queue }: HostReport): boolean {
  return !queue || (agentRun?.run === queue.run && agentRun.queueName === queue.id)
}

/**
 * Checks at intervals whether the remembered agents still send for their hosts: another engine may have
 * received reports of other agents. Many hosts share one statement, so that it costs a packet nothing.
 */
export class AgentRefresh {
  #begun = Number.NEGATIVE_INFINITY
  #rest: Iterator<CachedHost> | null = null

  /**
   * Forgets agents that no longer send for their hosts, so that they are looked up again; `now` is the
   * server's clock.
   */
  async refresh(transaction: Transaction, hosts: () => Iterator<CachedHost>, now: number): Promise<void> {
    if (this.#rest === null) {
      if (Math.abs(now - this.#begun) < REREAD_SECONDS) return
      this.#begun = now
      this.#rest = hosts()
    }
    const piece = this.#takePiece(this.#rest)
    if (piece.length > 0) await compare(transaction, piece)
  }

  #takePiece(rest: Iterator<CachedHost>): CachedHost[] {
    const piece: CachedHost[] = []
    while (piece.length < REREAD_AT_ONCE) {
      const next = rest.next()
      if (next.done === true) {
        this.#rest = null
        break
      }
      if (next.value.agentRun !== null) piece.push(next.value)
    }
    return piece
  }
}

async function compare(transaction: Transaction, hosts: readonly CachedHost[]): Promise<void> {
  // Always the same number of values, so that the database sees one statement.
  const ids = Array.from({ length: REREAD_AT_ONCE }, (_, i) => hosts[i]?.id ?? -1)
  const rows = await transaction.query<{ host: number; run: string; queue: number }>(
    `SELECT host, run, queue FROM agent_run WHERE host IN (${placeValues(REREAD_AT_ONCE)})`,
    ids,
  )
  const found = new Map(rows.map((row) => [row.host, row]))
  for (const host of hosts) {
    const row = found.get(host.id)
    if (row?.run !== host.agentRun?.run || row?.queue !== host.agentRun?.queue) host.agentRun = null
  }
}

/** The memory of a writer about agents. */
type AgentMemory = {
  readonly lastSeen: Pick<LastSeenBuffer, 'findUnwritten'>
  readonly replaced: ReplacedRuns
}

/** Notes whose a report is that is not from a known agent. `copy` and `stale` as in `IngestStore.write`. */
export async function findAgent(
  transaction: Transaction,
  host: CachedHost,
  report: HostReport,
  { lastSeen, replaced }: AgentMemory,
): Promise<'copy' | 'stale' | null> {
  const { queue } = report
  if (!queue) return null
  const found = await recogniseAgent(
    transaction,
    { host: host.id, unwritten: lastSeen.findUnwritten(host.id), replaced },
    report,
    queue,
  )
  if (typeof found === 'string') return found
  host.agentRun = found
  return null
}

/** The agent of the report from now on; `copy` and `stale` as in `IngestStore.write`. */
async function recogniseAgent(
  transaction: Transaction,
  {
    host,
    unwritten,
    replaced,
  }: { readonly host: number; readonly unwritten: number; readonly replaced: ReplacedRuns },
  report: HostReport,
  queue: ReportedQueue,
): Promise<CachedAgentRun | 'copy' | 'stale'> {
  const { seen } = report
  const [row] = await transaction.query<AgentRow>(
    `SELECT agent_run.run AS run, agent_run.queue AS queue, agent_run.started AS started,
      agent_queue.name AS name, host.last_seen AS last_seen
      FROM agent_run JOIN host ON host.id = agent_run.host JOIN agent_queue ON agent_queue.id = agent_run.queue
      WHERE agent_run.host = ? ${transaction.dialect.forUpdate}`,
    [host],
  )
  if (row === undefined || row.run === queue.run) {
    if (row !== undefined && row.name === queue.id)
      return { run: row.run, queue: row.queue, queueName: row.name }
    return take(transaction, host, queue, seen)
  }
  const { started } = queue
  // From before the other run was seen: when it is still there, it will greet.
  if (started === null) return 'stale'
  const lastSeen = unwritten || row.last_seen
  // One that was kept out stays out though the other one starts again, and so later than it.
  const isCopy = replaced.isCopy(host, queue.run)
  const isFirst = started < row.started && !isCopy
  const takeover = replaced.findTakeover(host, queue.run)
  // The greeting of an agent that has ended may arrive late: the present run has to have sent a report since.
  const isBack = isCopy || (takeover !== null && (isFirst || lastSeen > takeover))
  // A stored time in the future was written by a wrong clock and is ignored.
  const isRestart = (!isBack && started >= lastSeen - TOLERANCE) || lastSeen > seen + TOLERANCE
  if (isRestart) {
    replaced.note(host, row.run, seen)
    return take(transaction, host, queue, seen)
  }
  const isOther = !isFirst && seen - lastSeen <= KEPT_SECONDS
  await noteAttempt(transaction, host, reportAgentCopy(seen, 'open', isOther ? (report.facts?.ip ?? '') : ''))
  if (isOther) {
    replaced.noteCopy(host, queue.run)
    return 'copy'
  }
  replaced.note(host, row.run, seen)
  return take(transaction, host, queue, seen)
}

async function take(
  transaction: Transaction,
  host: number,
  { id, run, started }: ReportedQueue,
  seen: number,
): Promise<CachedAgentRun> {
  const [known] = await transaction.query<{ id: number }>(
    'SELECT id FROM agent_queue WHERE host = ? AND name = ?',
    [host, id],
  )
  const queue =
    known?.id ??
    (await transaction.insert(
      `INSERT INTO agent_queue (host, name, since, first_number, newest, waiting, accounted, present, repeated, last_time)
        VALUES (?, ?, ?, 0, 0, 0, '[]', 0, 0, 0)`,
      [host, id, seen],
    ))
  const columns = ['host', 'run', 'queue', 'started']
  await transaction.run(transaction.dialect.upsert('agent_run', ['host'], columns), [
    host,
    run,
    queue,
    started ?? seen,
  ])
  return { run, queue, queueName: id }
}
