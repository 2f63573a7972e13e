import { readFileSync } from 'node:fs'
import { startCrowd } from '../crowd/crowd.ts'
import type { Benchmark, BenchmarkOptions, Figure, Peers } from '../figure.ts'
import { deleteFolder, makeFolder, OWN_TLS_PORT, PASSPHRASE, startOurs } from '../ours.ts'
import { residentMiB } from '../process.ts'

const METRICS = 60
const MINUTE_MS = 60_000
/** Milliseconds between two connections of each of four processes. */
const PAUSE_MS = 5
/** MiB of the promises, which are said in megabytes. */
const MEGABYTE = 1 / 1.048576

/** Agents over TLS, each with a connection that stays, that send a packet a minute: spread over it, and all at once. */
export const crowd: Benchmark = {
  name: 'crowd',
  async run(_: Peers, { isShort }: BenchmarkOptions): Promise<Figure[]> {
    const agents = isShort ? 1000 : 10_000
    const minuteMs = isShort ? 10_000 : MINUTE_MS
    checkDescriptors(agents)
    const folder = makeFolder()
    const collect = await startOurs(['collect'], folder, ['collect.max_new_hosts=1000000', OWN_TLS_PORT])
    const crowd = await startCrowd(agents, {
      port: collect.collectTls,
      passphrase: PASSPHRASE,
      metrics: METRICS,
      pauseMs: PAUSE_MS,
    })
    const start = Math.floor(Date.now() / 60_000) * 60 - 1800
    /** Processor time and waits of one minute, in which each agent sends one packet within `overMs`. */
    const measure = async (minute: number, overMs: number) => {
      const before = collect.processor()
      const begun = performance.now()
      const waits = await crowd.send({ time: start + minute * 60, overMs })
      await Bun.sleep(Math.max(0, begun + minuteMs - performance.now()))
      return { ...waits, processor: collect.processor() - before }
    }
    // The first minute, after ten thousand handshakes, is no usual one.
    await measure(0, minuteMs * 0.95)
    const spread = await measure(1, minuteMs * 0.95)
    const memorySpread = residentMiB(collect.pid)
    const atOnce = await measure(2, 1000)
    const memoryAtOnce = residentMiB(collect.pid)
    const most = collect.memoryMiB()
    crowd.stop()
    await collect.stop()
    deleteFolder(folder)
    const name = (what: string) =>
      `${agents} agents over TLS, ${METRICS} metrics, one packet a minute: ${what}`
    const goal = (what: string, unit: string, ours: number, peer: number, note?: string): Figure => ({
      ...{ name: name(what), unit, ours, peer, peerName: 'goal', bound: 1 },
      ...(note !== undefined && { note }),
    })
    const processor = (what: string, ours: number): Figure => ({
      ...{ name: name(what), unit: 's', ours, peer: minuteMs / 1000, peerName: 'one processor', bound: null },
    })
    const middle = ({ medianMs }: { readonly medianMs: number }) => `median ${medianMs.toFixed(1)} ms`
    return [
      processor('processor time a minute, spread', spread.processor),
      goal('longest wait, spread', 's', spread.longestMs / 1000, 2, middle(spread)),
      goal('resident memory, spread', 'MiB', memorySpread, 150 * MEGABYTE),
      processor('processor time a minute, all in one second', atOnce.processor),
      goal('longest wait, all in one second', 's', atOnce.longestMs / 1000, 10, middle(atOnce)),
      goal(
        'resident memory, all in one second',
        'MiB',
        memoryAtOnce,
        300 * MEGABYTE,
        `highest since the start, handshakes included: ${most.toFixed(0)} MiB`,
      ),
    ]
  },
}

/** The collect engine takes connections for five eighths of the files that it may open. */
function checkDescriptors(agents: number) {
  const limits = readFileSync('/proc/self/limits', 'latin1')
  const most = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1] ?? ''
  const wanted = Math.ceil((agents * 8) / 5)
  if (most !== 'unlimited' && Number(most) < wanted)
    throw new Error(`crowd: a process may open ${most} files here; expected ${wanted} or more (ulimit -Hn)`)
}
