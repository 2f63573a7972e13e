import type { Severity } from '../domain/event.ts'
import type { ShownCertificate } from '../domain/events/certificate-end.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type {
  AuditStore,
  DataAuditStore,
  EventStore,
  HostStore,
  MaintenanceStore,
  MaintenanceWindowStore,
  OutboxStore,
  RuleStore,
  SessionStore,
  TargetStore,
  WatchStore,
} from '../storage/ports/store.ts'
import type { Notifier } from './notifier.ts'

/** The parts of the store that the engine uses. */
export type EventEngineStore = {
  readonly maintenance: Pick<
    MaintenanceStore,
    'admitWaiting' | 'compact' | 'dropSamples' | 'dropEvents' | 'dropHosts' | 'findSampleTimes'
  >
  readonly sessions: Pick<SessionStore, 'prune'>
  readonly audit: Pick<AuditStore, 'prune'>
  readonly dataAudit: Pick<DataAuditStore, 'settle' | 'closeQuiet' | 'prune'>
  readonly events: Pick<EventStore, 'report'>
  readonly hosts: Pick<HostStore, 'findAll'>
  readonly rules: Pick<RuleStore, 'list'>
  readonly maintenanceWindows: Pick<MaintenanceWindowStore, 'list'>
  readonly targets: Pick<TargetStore, 'list'>
  readonly outbox: OutboxStore
  readonly watch: WatchStore
}

/** When the engine itself opens events; times in seconds. */
export type Watching = {
  /** A host that has sent no data for this long is down. */
  readonly check: number
  /** Of the availability event. */
  readonly severity: Severity
  /** Several hosts that fall silent at once share one event. */
  readonly isGrouping: boolean
  /** A clock may differ from the server's by so much. */
  readonly skew: number
}

/** How long things are kept, in seconds. */
export type Retention = {
  readonly samples: number
  readonly events: number
  readonly hosts: number
}

export type TaskContext = {
  readonly store: EventEngineStore
  readonly retention: Retention
  readonly watching: Watching
  readonly notifier: Notifier
  /** Called every minute while the engine is well; null for no heartbeat. */
  readonly heartbeatUrl: string | null
  /** The host that the server runs on, as its agent calls it. */
  readonly serverName: string
  readonly listCertificates: () => readonly ShownCertificate[]
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds a task may go on with work that can also wait for the next cycle. */
  readonly sliceMs: number
  /** True once the engine is to stop: long work ends at the next piece. */
  isStopping(): boolean
  /** False once another engine does the work: what only one may do ends at the next piece. */
  isLeader(): boolean
  /** True while no task fails. */
  isWell(): boolean
  /** From 0 to 1. */
  random(): number
  /**
   * How many seconds the wall clock was set on (less than 0: back) that what waits was not moved by yet; 0 while
   * another engine leads.
   */
  readJump(): number
  /** Notes that waiting work was moved by this many seconds. */
  noteJumpFollowed(seconds: number): void
  /** Milliseconds since the engine started or the wall clock last jumped, whichever is later. */
  steadyMs(): number
  /**
   * Seconds since 1970: now, but never later than the samples that have been received. What is old is old by
   * this time.
   */
  sampleTime(): Promise<number>
}

/**
 * One kind of work of the event engine. A throw is logged at the first failure and at recovery, and stops
 * nothing else.
 */
export type Task = {
  readonly name: string
  /** Seconds from one run to the next; 0 runs in every cycle. */
  readonly every: number
  /** Runs also while another engine does the work. */
  readonly isEverywhere?: boolean
  /** Also runs between two cycles, soon after an event changed, so that notifications are not delayed. */
  readonly isPrompt?: boolean
  /** The others go on, and it is left to itself, when it has taken so long; a minute and a warning when absent. */
  readonly heldMs?: number
  /** Resolves with true when work is left: then it runs again in the next cycle. */
  run(context: TaskContext): Promise<boolean>
}

/**
 * Repeats a piece of work until it reports that nothing is left or the time slice is over. After each piece
 * it pauses for as long as the piece took, so that others get at the database and, in a process that does
 * more than this, at the processor. Resolves with true when work is left.
 */
export async function workInPieces(context: TaskContext, piece: () => Promise<boolean>): Promise<boolean> {
  const { clock } = context
  const start = clock.monotonicMs()
  for (;;) {
    const before = clock.monotonicMs()
    if (!(await piece())) return false
    const after = clock.monotonicMs()
    if (context.isStopping() || after - start >= context.sliceMs) return true
    await new Promise<void>((resolve) => clock.after(Math.max(1, after - before), resolve))
  }
}
