import { type AddressRange, isWithin } from '../lib/address-range.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { TlsFiles } from '../lib/tls/certificate.ts'
import { NameLists } from '../protocol/names.ts'
import type { AdmissionStore, DataAuditStore, IngestStore } from '../storage/ports/store.ts'
import { AgentPorts } from './agent-ports.ts'
import { KeyAdmission } from './connection/admission.ts'
import { type CollectLimits, DEFAULT_LIMITS } from './connection/connection-limits.ts'
import { Connections } from './connections.ts'
import { Ingest, type IngestOptions } from './ingest.ts'
import { createPassphraseCheck } from './passphrase.ts'

import { Rejections } from './rejections.ts'

export type CollectEngineOptions = {
  readonly address: string
  /**
   * For agents with and without TLS, distinguished by the first byte; 0 takes a free port, null opens none.
   */
  readonly port: number | null
  /** From where connections without TLS are taken; from everywhere when it is empty. */
  readonly plainFrom?: readonly AddressRange[]
  /** Whether agents that send CSV, and so no passphrase, are accepted; only from `plainFrom`. */
  readonly csvAgents?: boolean
  /** Balancers that name the sender's address by the PROXY protocol. */
  readonly trustedProxies?: readonly AddressRange[]
  /** `port` is for TLS alone; null has none, and TLS is spoken on the other port only. */
  readonly tls?: (TlsFiles & { readonly port: number | null }) | null
  /** Any of them lets an agent in; without one keys and enrolment codes alone do. */
  readonly passphrases: readonly string[]
  readonly store: IngestStore
  /** Keeps what was refused, by reason, host and minute; only counted unless given. */
  readonly dataAudit?: Pick<DataAuditStore, 'addRejections'>
  /** Knows the keys of hosts and the codes by which new ones join; without it the passphrase alone counts. */
  readonly admission?: AdmissionStore
  /** Called when a bound on growth has refused this many pieces that a host sent. */
  readonly onBound?: IngestOptions['onBound']
  /** True while nothing is to be stored, because the disk is nearly full. */
  readonly isDiskFull?: () => boolean
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<CollectLimits>
}

/** Since the start, except `connections` and `held`, which are of now. */
export type CollectCounters = {
  readonly connections: number
  /** Bytes held in unfinished messages. */
  readonly held: number
  readonly accepted: number
  /** The stored amounts: packets, their frames and samples, and the number of commits. */
  readonly packets: number
  readonly frames: number
  readonly samples: number
  readonly commits: number
  /** Bytes received. */
  readonly bytes: number
  readonly refused: Readonly<Record<string, number>>
}

export type CollectEngine = {
  /** Null when there is none. */
  readonly port: number | null
  readonly tlsPort: number | null
  counters(): CollectCounters
  /**
   * True while reports can't be stored; false again when they can, or when no store was tried for two
   * minutes.
   */
  isStorageAway(): boolean
  /**
   * Gives new connections another certificate; existing ones keep theirs. Throws when it is not usable: the
   * old one stays then.
   */
  renewTls(tls: TlsFiles): void
  /** Replaces the passphrases, for connections that begin from now on. */
  renewPassphrases(passphrases: readonly string[]): void
  /**
   * Accepts no more connections, stores and answers complete messages (3 s at most), then closes everything.
   */
  stop(): Promise<void>
}

const SWEEP_MS = 1000
/** The interval at which refusals are stored. */
const RECORD_MS = 60_000
/** After the last answers are written, agents have this long to hang up by themselves. */
const FINAL_REPLY_MS = 250

/**
 * Takes agents' packets, in both dialects of the wire, and answers each after the commit that holds it.
 * Rejects when a port can't be had. Never throws afterwards: what goes wrong on a connection ends that
 * connection.
 */
export async function startCollectEngine(options: CollectEngineOptions): Promise<CollectEngine> {
  const { store, clock, log } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const rejections = new Rejections(clock, log)
  /** Set while stopping, to be called when there may be nothing left to wait for. */
  let look = () => {}
  const ingest = new Ingest({
    ...{ store, clock, log, rejections, limits },
    onRoom: () => connections.resumeWaiting(),
    onCommit: () => look(),
    onBound: options.onBound ?? (() => {}),
    isDiskFull: options.isDiskFull ?? (() => false),
  })
  let findPassphrase = createPassphraseCheck(options.passphrases)
  const connections = new Connections({
    ...{ ingest, rejections, limits },
    nameLists: new NameLists(),
    findPassphrase: (said) => findPassphrase(said),
    admission: new KeyAdmission(options.admission ?? null, () => clock.now(), log),
    findCsvObstacle: (address) => findCsvObstacle(options, address),
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
  })
  const ports = new AgentPorts({ ...options, connections, rejections, onClosed: () => look() })
  const storeRejections = () => rejections.store(async (counts) => options.dataAudit?.addRejections(counts))
  const sweeper = repeat(clock, SWEEP_MS, () => connections.sweep())
  const recorder = repeat(clock, RECORD_MS, () => void storeRejections())
  let isStopping = false

  /** Resolves when `isDone`, or when the time is over. */
  function waitUntil(ms: number, isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.after(ms, resolve)
      look = () => {
        if (!isDone()) return
        timer.cancel()
        resolve()
      }
      look()
    })
  }

  return {
    port: ports.plain,
    tlsPort: ports.secure,
    counters: () => ({
      connections: connections.size,
      held: connections.held,
      accepted: connections.accepted,
      ...ingest.counters,
      bytes: ports.bytes,
      refused: rejections.counts(),
    }),
    isStorageAway: () => ingest.isStorageAway,
    renewPassphrases(passphrases) {
      findPassphrase = createPassphraseCheck(passphrases)
    },
    renewTls: (tls) => ports.renew(tls),
    async stop() {
      if (isStopping) return
      isStopping = true
      sweeper.cancel()
      recorder.cancel()
      ports.stop()
      connections.beginStop()
      await waitUntil(limits.stopMs, () => ingest.isIdle && !connections.hasWaiting)
      connections.end()
      await waitUntil(FINAL_REPLY_MS, () => connections.size === 0)
      ports.close()
      await storeRejections()
    },
  }
}

/**
 * The reason why senders at the address may not send the CSV of the original's first agents; null where they
 * may.
 */
function findCsvObstacle(
  { csvAgents, plainFrom = [] }: CollectEngineOptions,
  address: string,
): string | null {
  const speaks = 'speaks the CSV of the original agents of before May 2019, which say no passphrase; '
  if (csvAgents !== true) return `${speaks}collect.csv_agents = true takes them`
  if (isWithin(address, plainFrom)) return null
  return `${speaks}collect.csv_agents takes them from collect.plain_from alone`
}

/** Calls `act` again and again, each time after this many milliseconds. */
function repeat(clock: Clock, ms: number, act: () => void): Timer {
  let timer: Timer
  const next = () => {
    timer = clock.after(ms, () => {
      act()
      next()
    })
  }
  next()
  return { cancel: () => timer.cancel() }
}
