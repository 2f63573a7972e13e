import { listFilesystems } from '../../../domain/hosts/filesystems.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { listSubjects } from '../../charts/host-charts.ts'

/** One graph: its lines share an axis. */
export type ChartPlan = {
  readonly title: string
  readonly lines: readonly { readonly metric: string; readonly name: string }[]
}

export type SectionKey = 'cpu' | 'memory' | 'disks' | 'network' | 'temperature' | 'agent'

export type SectionPlan = {
  readonly key: SectionKey
  readonly title: string
  /** The graph that stands beside the section's table. Where its lines would be too many, each has a graph of its own. */
  readonly main: readonly ChartPlan[]
  /** Further graphs, which a long range shows only when they are asked for. */
  readonly more: readonly ChartPlan[]
  /** Tells the metrics whose events belong here. */
  owns(metric: string): boolean
}

/** More lines than that become small multiples. */
const MAX_LINES = 4
/** Small multiples of one kind; the rest stands in the table and in the list of all metrics. */
const MAX_MULTIPLES = 8
/** Lines of a graph of sensors, which nobody reads one by one. */
const MAX_SENSORS = 5

type Names = Readonly<Record<string, string>>

/** Swap is what Linux has; Windows calls it page file. */
export const swapName = ({ platform }: Pick<Host, 'platform'>) =>
  platform === 'Windows' ? 'page file' : 'swap'

/** The sections for a host that has these metrics. Sections and graphs without any of their metrics are left out. */
export function planSections(
  host: Pick<Host, 'platform' | 'latest'>,
  metrics: readonly string[],
): SectionPlan[] {
  const known = new Set(metrics)
  const chart = (title: string, names: Names): ChartPlan[] => {
    const lines = Object.entries(names).flatMap(([metric, name]) =>
      known.has(metric) ? [{ metric, name }] : [],
    )
    return lines.length === 0 ? [] : [{ title, lines }]
  }
  const subjects = (kind: string, figure: string, most: number) =>
    listSubjects(metrics, kind, figure)
      .slice(0, most)
      .map((name) => ({ metric: `perf.${kind}.${name}.${figure}`, name }))
  const pairs = (kind: string, [first, second]: readonly [string, string], most: number) =>
    listSubjects(metrics, kind, first)
      .slice(0, most)
      .flatMap((name) =>
        chart(name, {
          [`perf.${kind}.${name}.${first}`]: first.replace('bytes.', ''),
          [`perf.${kind}.${name}.${second}`]: second.replace('bytes.', ''),
        }),
      )
  const interfaces = pairs('network', ['bytes.received', 'bytes.sent'], MAX_MULTIPLES)
  const plans: SectionPlan[] = [
    {
      key: 'cpu',
      title: 'CPU',
      main: chart('CPU', { 'perf.processor.percent.used': 'used' }),
      more: [
        ...chart('CPU by state', CPU_STATES),
        ...chart('Load', LOADS),
        ...chart('Pressure', PRESSURES),
        ...chart('Processes', { 'perf.system.processes': 'all' }),
      ],
      owns: (metric) => /^perf\.(processor|system\.load|system\.processes|pressure)\b/.test(metric),
    },
    {
      key: 'memory',
      title: 'Memory',
      main: chart('Memory', {
        'perf.memory.percent.used': 'memory',
        'perf.pagefile.percent.used': swapName(host),
      }),
      more: [],
      owns: (metric) => /^perf\.(memory|pagefile)\b/.test(metric),
    },
    {
      key: 'disks',
      title: 'Disks',
      main: planFilesystems(host),
      more: [
        ...pairs('disk', ['bytes.read', 'bytes.written'], MAX_LINES).map((plan) => ({
          ...plan,
          title: `Throughput of ${plan.title}`,
        })),
        ...asPlan('Disk busy', subjects('disk', 'percent.active', MAX_SENSORS)),
      ],
      owns: (metric) => /^perf\.(filesystem|disk)\b/.test(metric),
    },
    {
      key: 'network',
      title: 'Network',
      main: chart('Network', {
        'perf.network.bytes.received': 'received',
        'perf.network.bytes.sent': 'sent',
      }),
      // With one interface both graphs would be the same.
      more: interfaces.length > 1 ? interfaces : [],
      owns: (metric) => /^perf\.network\b/.test(metric),
    },
    {
      key: 'temperature',
      title: 'Temperature',
      main: asPlan('Temperature', subjects('temperature', 'celsius', MAX_SENSORS)),
      more: [],
      owns: (metric) => metric.startsWith('perf.temperature.'),
    },
    {
      key: 'agent',
      title: 'Agent',
      main: chart('Samples waiting', { 'perf.agent.queue.length': 'in the queue' }),
      more: chart('Memory of the agent', { 'perf.agent.memory.bytes': 'resident' }),
      owns: (metric) => metric.startsWith('perf.agent.'),
    },
  ]
  return plans.filter(({ main, more }) => main.length + more.length > 0)
}

const asPlan = (title: string, lines: ChartPlan['lines']): ChartPlan[] =>
  lines.length === 0 ? [] : [{ title, lines }]

/** The fullest ones: together while they can be told apart, else each alone. */
function planFilesystems(host: Pick<Host, 'latest'>): ChartPlan[] {
  const lines = listFilesystems(host).map(({ metric, title }) => ({ metric, name: title }))
  if (lines.length <= MAX_LINES) return asPlan('Disk usage', lines)
  return lines.slice(0, MAX_MULTIPLES).map((line) => ({ title: line.name, lines: [line] }))
}

const CPU_STATES: Names = {
  'perf.processor.percent.user': 'user',
  'perf.processor.percent.system': 'system',
  'perf.processor.percent.iowait': 'I/O wait',
  'perf.processor.percent.steal': 'steal',
}

const LOADS: Names = {
  'perf.system.load.1': '1 min',
  'perf.system.load.5': '5 min',
  'perf.system.load.15': '15 min',
}

const PRESSURES: Names = {
  'perf.pressure.cpu.some.percent': 'CPU',
  'perf.pressure.memory.some.percent': 'memory',
  'perf.pressure.io.some.percent': 'I/O',
}

/** The sections with an open event first, those with the worst of them before the others. */
export function orderSections(
  plans: readonly SectionPlan[],
  open: readonly { readonly metric: string; readonly severity: number }[],
): SectionPlan[] {
  const worst = (plan: SectionPlan) =>
    Math.min(9, ...open.filter(({ metric }) => plan.owns(metric)).map(({ severity }) => severity))
  return plans.toSorted((a, b) => worst(a) - worst(b))
}
