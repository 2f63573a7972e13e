import type { Host } from '../../domain/hosts/host.ts'
import { metricSubject } from '../../domain/metrics/metric.ts'

/** One small graph of a host's page: its lines share an axis. */
export type ChartPlan = {
  readonly title: string
  readonly lines: readonly { readonly metric: string; readonly name: string }[]
}

/** More lines than that can't be told apart; the rest is in the list of all metrics. */
const MAX_LINES = 5
/** Disks with a graph of their own. */
const MAX_DISKS = 4

/** The longest and the shortest time that small graphs show, in seconds. */
const HOUR = 3600
const YOUNG = 600

/**
 * When the small graphs of a host begin. Those of a young one begin with it, so that its first minutes fill
 * them.
 */
export function chartStart({ firstSeen }: Pick<Host, 'firstSeen'>, to: number): number {
  return Math.max(to - HOUR, Math.min(firstSeen, to - YOUNG))
}

/** Graphs of fixed metrics; a graph without any of its metrics is left out. */
const FIXED: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['Processor', { 'perf.processor.percent.used': 'used' }],
  [
    'Processor by state',
    {
      'perf.processor.percent.user': 'user',
      'perf.processor.percent.system': 'system',
      'perf.processor.percent.iowait': 'waiting',
      'perf.processor.percent.steal': 'stolen',
    },
  ],
  ['Memory', { 'perf.memory.percent.used': 'memory', 'perf.pagefile.percent.used': 'pagefile' }],
  ['Load', { 'perf.system.load.1': '1 min', 'perf.system.load.5': '5 min', 'perf.system.load.15': '15 min' }],
  ['Network', { 'perf.network.bytes.received': 'received', 'perf.network.bytes.sent': 'sent' }],
]

const LATER: typeof FIXED = [
  [
    'Pressure',
    {
      'perf.pressure.cpu.some.percent': 'processor',
      'perf.pressure.memory.some.percent': 'memory',
      'perf.pressure.io.some.percent': 'disks',
    },
  ],
]

const LAST: typeof FIXED = [
  ['Processes', { 'perf.system.processes': 'all' }],
  ['Agent: samples waiting', { 'perf.agent.queue.length': 'in the queue' }],
  ['Agent: memory', { 'perf.agent.memory.bytes': 'resident' }],
]

/** The small graphs for a host that has these metrics, in the order in which they are looked at. */
export function planCharts(metrics: readonly string[]): ChartPlan[] {
  const known = new Set(metrics)
  const fixed = (plans: typeof FIXED): ChartPlan[] =>
    plans.map(([title, names]) => ({
      title,
      lines: Object.entries(names)
        .filter(([metric]) => known.has(metric))
        .map(([metric, name]) => ({ metric, name })),
    }))
  const plans = [
    ...fixed(FIXED),
    ...planDisks(metrics),
    planSubjects('Disk activity', metrics, 'disk', 'percent.active'),
    ...fixed(LATER),
    planSubjects('Temperature', metrics, 'temperature', 'celsius'),
    ...fixed(LAST),
  ]
  return plans.filter(({ lines }) => lines.length > 0)
}

function planDisks(metrics: readonly string[]): ChartPlan[] {
  return listSubjects(metrics, 'disk', 'bytes.read')
    .slice(0, MAX_DISKS)
    .map((disk) => ({
      title: `Disk ${disk}`,
      lines: [
        { metric: `perf.disk.${disk}.bytes.read`, name: 'read' },
        { metric: `perf.disk.${disk}.bytes.written`, name: 'written' },
      ],
    }))
}

function planSubjects(title: string, metrics: readonly string[], kind: string, figure: string): ChartPlan {
  const lines = listSubjects(metrics, kind, figure).map((name) => ({
    metric: `perf.${kind}.${name}.${figure}`,
    name,
  }))
  return { title, lines: lines.slice(0, MAX_LINES) }
}

/** Things of a kind that have this figure, in the order of their names. */
export function listSubjects(metrics: readonly string[], kind: string, figure?: string): string[] {
  const found = new Set<string>()
  for (const metric of metrics) {
    const parts = metricSubject(metric)
    if (parts?.kind === kind && (figure === undefined || parts.figure === figure)) found.add(parts.subject)
  }
  return [...found].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}
