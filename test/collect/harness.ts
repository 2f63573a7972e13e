import {
  type CollectEngine,
  type CollectEngineOptions,
  startCollectEngine,
} from '../../src/collect/engine.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import type { BoundHit, HostReport, IngestStore, WriteRefusal } from '../../src/storage/ports/store.ts'

export const NOW = systemClock.now()
export const PASSPHRASE = 'open sesame'

/** Keeps what is written in memory, and can be slow, away, or unable to take one host. */
export class MemoryStore implements IngestStore {
  reports: HostReport[] = []
  writes = 0
  /** What the next commit says was left out. */
  hits: BoundHit[] = []
  isAway = false
  /** What `poison` fails with is the fault of the report. */
  isPoisonContent = false
  poison: string | null = null
  /** Hosts whose name belongs to another key. */
  foreign = new Set<string>()
  #gate: Promise<void> | null = null
  #open: () => void = () => {}

  async write(reports: readonly HostReport[]): Promise<ReadonlyMap<HostReport, WriteRefusal>> {
    this.writes++
    if (this.#gate !== null) await this.#gate
    if (this.isAway) throw new Error('the database is away')
    if (reports.some(({ host, frames }) => host === this.poison && frames.length > 0))
      throw this.isPoisonContent
        ? new RangeError('one report is no good')
        : new Error('one report is no good')
    const refused = new Map(
      reports.flatMap((report) => (this.foreign.has(report.host) ? [[report, 'foreign'] as const] : [])),
    )
    this.reports.push(...reports.filter((report) => !refused.has(report)))
    return refused
  }

  takeBoundHits(): readonly BoundHit[] {
    return this.hits.splice(0)
  }

  isContentError(error: unknown): boolean {
    return error instanceof RangeError
  }

  /** Commits wait from now on. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  release(): void {
    this.#gate = null
    this.#open()
  }

  /** `host metric time` to value, of all that was stored. */
  samples(): Map<string, number> {
    const all = new Map<string, number>()
    for (const { host, frames } of this.reports)
      for (const { time, metrics, values } of frames)
        metrics.forEach((metric, i) => {
          const value = values[i]
          if (typeof value === 'number') all.set(`${host} ${metric} ${time}`, value)
        })
    return all
  }
}

export type Rig = { engine: CollectEngine; store: MemoryStore; lines: string[]; port: number }

export async function startRig(options: Partial<CollectEngineOptions> = {}): Promise<Rig> {
  const store = new MemoryStore()
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })
  const engine = await startCollectEngine({
    address: '127.0.0.1',
    port: 0,
    passphrases: [PASSPHRASE],
    store,
    clock: systemClock,
    log,
    ...options,
  })
  return { engine, store, lines, port: engine.port ?? 0 }
}

/** A client that writes all it is given, however slowly it is taken. */
export class Client {
  received = ''
  /** Bytes that the kernel took. */
  sent = 0
  isClosed = false
  hasEnded = false
  #socket: Bun.Socket<undefined> | null = null
  #pending: Buffer[] = []
  #wakers: (() => void)[] = []

  /**
   * `tls` takes any certificate: who trusts whom is tried elsewhere. `before` goes ahead of the handshake.
   */
  static async connect(
    port: number,
    { tls = false, before = null }: { tls?: boolean; before?: Uint8Array | null } = {},
  ): Promise<Client> {
    const client = new Client()
    const ready = Promise.withResolvers<void>()
    const socket: Bun.SocketHandler<undefined> = {
      data: (_, bytes) => {
        client.received += bytes.toString()
        client.#wake()
      },
      drain: () => client.#pump(),
      handshake: () => ready.resolve(),
      end: () => {
        client.hasEnded = true
        client.#wake()
      },
      close: () => {
        client.isClosed = true
        client.#wake()
      },
      error: () => {},
    }
    const trustAll = { tls: { rejectUnauthorized: false } }
    const isUpgraded = tls && before !== null
    const first = await Bun.connect<undefined>({
      hostname: '127.0.0.1',
      port,
      allowHalfOpen: true,
      ...(tls && !isUpgraded && trustAll),
      socket: isUpgraded ? { data: () => {} } : socket,
    })
    if (before !== null) first.write(before)
    client.#socket = isUpgraded ? first.upgradeTLS({ ...trustAll, data: undefined, socket })[1] : first
    if (tls) await ready.promise
    return client
  }

  write(data: string | Uint8Array): void {
    this.#pending.push(Buffer.from(data))
    this.#pump()
  }

  get unsent(): number {
    return this.#pending.reduce((sum, bytes) => sum + bytes.length, 0)
  }

  /** Ends our half. */
  shutdown(): void {
    this.#socket?.shutdown()
  }

  pause(): void {
    this.#socket?.pause()
  }

  close(): void {
    this.#socket?.terminate()
  }

  /** Resolves when `isDone` holds, looked at whenever something arrived. */
  async until(isDone: (client: Client) => boolean, ms = 8000): Promise<void> {
    const end = performance.now() + ms
    while (!isDone(this)) {
      if (performance.now() > end)
        throw new Error(`still waiting; received ${JSON.stringify(this.received.slice(-300))}`)
      await Promise.race([new Promise<void>((resolve) => this.#wakers.push(resolve)), Bun.sleep(20)])
    }
  }

  /** Everything until the other side ends. */
  async all(): Promise<string> {
    await this.until((client) => client.hasEnded || client.isClosed)
    return this.received
  }

  async lines(count: number): Promise<unknown[]> {
    await this.until((client) => client.received.split('\n').length > count)
    return this.received
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  #pump(): void {
    for (;;) {
      const next = this.#pending[0]
      if (next === undefined || this.#socket === null) return
      const count = this.#socket.write(next)
      if (count <= 0) return
      this.sent += count
      if (count < next.length) {
        this.#pending[0] = next.subarray(count)
        return
      }
      this.#pending.shift()
    }
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake()
  }
}

export async function waitFor(isDone: () => boolean, ms = 8000): Promise<void> {
  const end = performance.now() + ms
  while (!isDone()) {
    if (performance.now() > end) throw new Error('still waiting')
    await Bun.sleep(5)
  }
}

/** A packet of the original's dialect. */
export function aPacket(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    time: NOW,
    name: 'Web01',
    ip: '10.0.0.5',
    platform: 'Linux',
    build: 'Ubuntu 18.04',
    arch: '64bit',
    domain: 'example.org',
    procs: '4',
    memory: 7976,
    passphrase: PASSPHRASE,
    data: [{ time: NOW - 60, 'perf.processor.percent.used': 12.5, 'perf.system.uptime.seconds': '77' }],
    events: [
      {
        time: NOW - 60,
        monitor: 'perf.memory.percent.used',
        message: 'Memory > 85',
        status: '1',
        severity: 4,
      },
    ],
    ...changes,
  }
}
