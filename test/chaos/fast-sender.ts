import { connect, type Socket } from 'node:net'
import { createLineReader } from '../support/lines.ts'

/** A host of the sender; its frames are a second apart. */
export type SentHost = {
  readonly name: string
  /** Times that wait to be acknowledged. */
  readonly waiting: Set<number>
  readonly acknowledged: Set<number>
}

export type SentEvent = { readonly host: string; readonly metric: string; readonly isClosed: boolean }

/**
 * Speaks for several hosts as agents do, many samples a second, each with a value that follows from host, metric
 * and time. What is not acknowledged is sent again, on the next connection.
 */
export type FastSender = {
  readonly hosts: readonly SentHost[]
  /** Events whose report was acknowledged. */
  readonly events: SentEvent[]
  readonly firstTime: number
  /** Makes so many frames of each host, and opens or closes an event of one of them. */
  produce(frames: number, event: { host: number; isClosing: boolean } | null): void
  /** What waits; 0 when all was acknowledged. */
  waiting(): number
  /** What was acknowledged and will be told again, because the server has lost it with its database. */
  sendAgain(times: ReadonlyMap<string, ReadonlySet<number>>): void
  /** Nobody is notified of the end of what began unnoticed: these events, and what is still said of them. */
  excuse(events: readonly SentEvent[]): void
  stop(): void
}

export const METRICS = ['perf.chaos.a', 'perf.chaos.b', 'perf.chaos.c'] as const

/** From 0 to 10,000 with two digits behind the point. */
export function computeValue(host: string, metric: string, time: number): number {
  let hash = 2166136261
  for (const character of `${host} ${metric} ${time}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0
  return (hash % 1_000_000) / 100
}

type Report = { host: string; report: Record<string, unknown>; event: SentEvent }
type Batch = { host: SentHost; times: readonly number[]; reports: readonly Report[]; sentAt: number }

const BATCH_FRAMES = 50
const OPEN_BATCHES = 8
const PATIENCE_MS = 8000
const MAX_AHEAD = 600

export function startFastSender(
  port: number,
  passphrase: string,
  { hosts: count, firstTime }: { hosts: number; firstTime: number },
): FastSender {
  const hosts = Array.from({ length: count }, (_, i): SentHost => {
    return { name: `fast-${i}`, waiting: new Set(), acknowledged: new Set() }
  })
  const events: SentEvent[] = []
  const excused = new Set<string>()
  const open = new Map<string, { uid: string; metric: string }[]>()
  let reports: Report[] = []
  let produced = 0
  let eventCount = 0
  let socket: Socket | null = null
  let batches = new Map<number, Batch>()
  let lastId = 0
  let greeted = new Set<string>()
  let latest = Number.POSITIVE_INFINITY
  let isStopped = false

  function dial() {
    if (isStopped) return
    batches = new Map()
    greeted = new Set()
    latest = Number.POSITIVE_INFINITY
    const read = createLineReader()
    const dialled = connect(port, '127.0.0.1')
    socket = dialled
    dialled.on('connect', pump)
    dialled.on('data', (bytes) => {
      for (const line of read(Buffer.from(bytes))) take(line, dialled)
      pump()
    })
    dialled.on('error', () => dialled.destroy())
    dialled.on('close', () => {
      if (socket !== dialled) return
      socket = null
      for (const { reports: unsent } of batches.values()) reports = [...unsent, ...reports]
      batches = new Map()
      setTimeout(dial, 200)
    })
  }

  function take(line: string, from: Socket) {
    const reply = JSON.parse(line) as {
      id: number | null
      stored?: boolean
      clock?: number
      later?: number
      refused?: number
    }
    const batch = reply.id === null ? undefined : batches.get(reply.id)
    if (reply.stored !== true || batch === undefined || reply.id === null) return from.destroy()
    if (reply.refused !== undefined) throw new Error(`the server rejected values: ${line}`)
    batches.delete(reply.id)
    const serverTime = reply.clock ?? Math.floor(Date.now() / 1000)
    latest = serverTime + MAX_AHEAD
    for (const time of batch.times)
      if ((reply.later ?? 0) === 0 || time <= latest) {
        batch.host.waiting.delete(time)
        batch.host.acknowledged.add(time)
      }
    for (const { event } of batch.reports) if (!excused.has(event.metric)) events.push(event)
  }

  function pump() {
    if (socket === null || socket.readyState !== 'open') return
    const inFlight = new Map<SentHost, Set<number>>()
    for (const { host, times } of batches.values()) {
      const set = inFlight.get(host) ?? new Set()
      for (const time of times) set.add(time)
      inFlight.set(host, set)
    }
    for (const host of hosts) {
      const flying = inFlight.get(host)
      const times: number[] = []
      for (const time of host.waiting) {
        if (times.length >= BATCH_FRAMES) break
        if (!flying?.has(time) && time <= latest) times.push(time)
      }
      const own = reports.filter((report) => report.host === host.name)
      if ((times.length === 0 && own.length === 0) || batches.size >= OPEN_BATCHES) continue
      reports = reports.filter((report) => report.host !== host.name)
      send(socket, host, times, own)
    }
  }

  function send(to: Socket, host: SentHost, times: readonly number[], own: readonly Report[]) {
    const id = ++lastId
    const isFirst = !greeted.has(host.name)
    greeted.add(host.name)
    batches.set(id, { host, times, reports: own, sentAt: performance.now() })
    const key = `the key of ${host.name}`
    to.write(
      `${JSON.stringify({
        v: 1,
        id,
        host: host.name,
        clock: Math.floor(Date.now() / 1000),
        ...(isFirst && { passphrase, key }),
        layout: 1,
        metrics: METRICS,
        frames: times.map((time) => [
          time,
          ...METRICS.map((metric) => computeValue(host.name, metric, time)),
        ]),
        events: own.map(({ report }) => report),
      })}\n`,
    )
  }

  /** A server that swallows what it is sent is left, as an agent would do. */
  const watch = setInterval(() => {
    const oldest = batches.values().next().value
    if (oldest !== undefined && performance.now() - oldest.sentAt > PATIENCE_MS) socket?.destroy()
    else pump()
  }, 250)

  function report(host: SentHost, isClosing: boolean) {
    const list = open.get(host.name) ?? []
    open.set(host.name, list)
    const time = Math.floor(Date.now() / 1000)
    const common = { time, severity: 2, message: 'chaos' }
    if (!isClosing) {
      const one = { uid: crypto.randomUUID(), metric: `perf.chaos.event.e${++eventCount}` }
      list.push(one)
      const said = { ...common, ...one, change: 1, status: 'open' }
      reports.push({
        host: host.name,
        report: said,
        event: { host: host.name, metric: one.metric, isClosed: false },
      })
      return
    }
    const one = list.shift()
    if (one === undefined) return
    const said = { ...common, ...one, change: 2, status: 'closed' }
    reports.push({
      host: host.name,
      report: said,
      event: { host: host.name, metric: one.metric, isClosed: true },
    })
  }

  dial()
  return {
    hosts,
    events,
    firstTime,
    produce(frames, event) {
      for (let i = 0; i < frames; i++, produced++)
        for (const host of hosts) host.waiting.add(firstTime + produced)
      const host = event === null ? undefined : hosts[event.host % hosts.length]
      if (host !== undefined && event !== null) report(host, event.isClosing)
    },
    waiting: () => hosts.reduce((sum, host) => sum + host.waiting.size, 0) + reports.length + batches.size,
    sendAgain(times) {
      for (const host of hosts)
        for (const time of times.get(host.name) ?? []) {
          host.acknowledged.delete(time)
          host.waiting.add(time)
        }
    },
    excuse(lost) {
      for (const { metric } of lost) excused.add(metric)
    },
    stop() {
      isStopped = true
      clearInterval(watch)
      socket?.destroy()
    },
  }
}
