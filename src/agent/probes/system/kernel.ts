import { KERNEL_METRICS } from '../../../domain/metrics/declared/kernel.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { addSample, findIncrease, parseCount, percentOf, ratePerSecond } from '../arithmetic.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'
import { findLine } from '../text-lines.ts'

/** Counters since the start, and the used part of each resource; null where the kernel does not report it. */
export type KernelReading = {
  readonly oomKills: number | null
  readonly swapIn: number | null
  readonly swapOut: number | null
  readonly segmentsSent: number | null
  readonly segmentsSentAgain: number | null
  readonly connections: Share | null
  readonly files: Share | null
}

const NOT_TOLD: KernelReading = {
  oomKills: null,
  swapIn: null,
  swapOut: null,
  segmentsSent: null,
  segmentsSentAgain: null,
  connections: null,
  files: null,
}

type Share = { readonly used: number; readonly most: number }

/**
 * The kernel's counters of problems. Linux: /proc/vmstat, /proc/net/snmp, the tables of connections and file
 * handles in /proc/sys. Windows: GetTcpStatisticsEx alone.
 */
export const kernel = defineProbe<KernelReading>({
  name: 'kernel',
  metrics: KERNEL_METRICS,
  keepSeconds: 10,
  counted: ['perf.kernel.oom.kills'],
  linux(proc) {
    const vmstat = proc.readTextIfThere('/proc/vmstat') ?? ''
    const count = (name: string) => parseCount(findLine(vmstat, `${name} `) ?? undefined)
    return {
      oomKills: count('oom_kill'),
      swapIn: count('pswpin'),
      swapOut: count('pswpout'),
      ...readTcp(proc.readTextIfThere('/proc/net/snmp') ?? ''),
      connections: readConnections(proc),
      files: readFiles(proc.readTextIfThere('/proc/sys/fs/file-nr') ?? ''),
    }
  },
  windows(win32) {
    const { sent, sentAgain } = win32.readTcpCounts()
    return { ...NOT_TOLD, segmentsSent: sent, segmentsSentAgain: sentAgain }
  },
  samples(now, previous, seconds) {
    const samples: ProbeSample[] = []
    addSample(samples, 'perf.kernel.oom.kills', findIncrease(now.oomKills, previous?.oomKills))
    addSample(samples, 'perf.swap.pages.in', ratePerSecond(now.swapIn, previous?.swapIn, seconds))
    addSample(samples, 'perf.swap.pages.out', ratePerSecond(now.swapOut, previous?.swapOut, seconds))
    const sent = findIncrease(now.segmentsSent, previous?.segmentsSent)
    const again = findIncrease(now.segmentsSentAgain, previous?.segmentsSentAgain)
    // The kernel counts those that it sends again apart from the others.
    if (sent !== null && again !== null)
      addSample(samples, 'perf.tcp.retransmits.percent', again === 0 ? 0 : percentOf(again, sent + again, 2))
    if (now.connections !== null) addSample(samples, 'perf.conntrack.percent.used', shareOf(now.connections))
    if (now.files !== null) {
      addSample(samples, 'perf.files.percent.used', shareOf(now.files))
      addSample(samples, 'perf.files.open', now.files.used)
    }
    return samples
  },
})

/** A table may hold a few more than its most for a moment. */
const shareOf = ({ used, most }: Share) => percentOf(Math.min(used, most), most, 1)

const TCP = 'Tcp: '

/** The figures of TCP: a line of names, and behind it one of numbers. */
function readTcp(text: string): Pick<KernelReading, 'segmentsSent' | 'segmentsSentAgain'> {
  const names = findLine(text, TCP)?.split(' ') ?? []
  const numbers = findLine(text.slice(text.indexOf(TCP) + TCP.length), TCP)?.split(' ') ?? []
  const count = (name: string) => parseCount(numbers[names.indexOf(name)])
  return { segmentsSent: count('OutSegs'), segmentsSentAgain: count('RetransSegs') }
}

const CONNECTIONS = '/proc/sys/net/netfilter/nf_conntrack'

/** Null where no firewall tracks connections. */
function readConnections(proc: ProcFs): Share | null {
  const used = parseCount(proc.readTextIfThere(`${CONNECTIONS}_count`)?.trim())
  const most = parseCount(proc.readTextIfThere(`${CONNECTIONS}_max`)?.trim())
  return used === null || most === null || most === 0 ? null : { used, most }
}

/** Handles that were given out, those of them that are free, and how many there are. */
function readFiles(text: string): Share | null {
  const [given, free, most] = text.trim().split(/\s+/).map(parseCount)
  if (given == null || free == null || !most || free > given) return null
  return { used: given - free, most }
}
