import type { Host } from '../../domain/hosts/host.ts'
import { findFamily, METRICS } from '../../domain/metrics/catalogue.ts'
import { CHARTS, type ChartName } from '../../domain/metrics/charts.ts'
import { rememberByNames } from '../../domain/metrics/remember.ts'

/** One graph of a host's page: its lines share an axis. */
export type ChartPlan = {
  readonly name: ChartName
  readonly title: string
  /** Of one of several small graphs, which is called by its thing: what all of them show. */
  readonly kind?: string
  readonly lines: readonly { readonly metric: string; readonly name: string }[]
}

/** Most lines of one kind in a graph: more can't be distinguished, and each then has a graph of its own. */
const MAX_LINES = 4
/** Such graphs of one kind at most; the rest is in the tables. */
const MAX_MULTIPLES = 8

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

/** The small graphs for a host that has these metrics, in the order in which they are looked at. */
export const planCharts = rememberByNames((metrics): readonly ChartPlan[] => {
  const found = new Map<ChartName, PlannedLine[]>()
  for (const metric of metrics) {
    const { family, words: [subject = ''] = [] } = findFamily(metric) ?? {}
    if (family?.chart === undefined) continue
    const { of, line } = family.chart
    const lines = found.get(of) ?? []
    const thing = family.sayThing?.(subject) ?? subject
    lines.push({ metric, name: line.replace(WORD, () => thing), subject, rank: METRICS.indexOf(family) })
    found.set(of, lines)
  }
  return CHARTS.flatMap((chart) => {
    const lines = found.get(chart.name) ?? []
    return WORD.test(chart.title) ? planEach(chart, lines) : planOne(chart.name, chart.title, lines)
  })
})

type PlannedLine = {
  readonly metric: string
  readonly name: string
  readonly subject: string
  /** Its place among the declarations. */
  readonly rank: number
}

/** The placeholder for a thing's name in the title of a chart and the name of a line. */
const WORD = /<[a-z]+>/

/** Lines of different metrics stand as they are declared, those of one as people count. */
function planOne(chart: ChartName, title: string, lines: readonly PlannedLine[]): ChartPlan[] {
  if (lines.length === 0) return []
  const sorted = [...lines]
    .sort((a, b) => a.rank - b.rank || compareNames(a.name, b.name))
    .map(({ metric, name }) => ({ metric, name }))
  return spreadLines({ name: chart, title, lines: sorted })
}

/** The chart as it is, or a small one for each of its lines where they are many. */
export function spreadLines(plan: ChartPlan): ChartPlan[] {
  if (plan.lines.length <= MAX_LINES) return [plan]
  return plan.lines
    .slice(0, MAX_MULTIPLES)
    .map((line) => ({ name: plan.name, title: line.name, kind: plan.title, lines: [line] }))
}

/** A graph for each thing. */
function planEach(
  { name, title, most }: { readonly name: ChartName; readonly title: string; readonly most?: number },
  lines: readonly PlannedLine[],
): ChartPlan[] {
  const subjects = [...new Set(lines.map(({ subject }) => subject))].sort(compareNames)
  return subjects.slice(0, most).flatMap((subject) =>
    planOne(
      name,
      title.replace(WORD, () => subject),
      lines.filter((line) => line.subject === subject),
    ),
  )
}

const collator = new Intl.Collator('en', { numeric: true })
const compareNames = (a: string, b: string) => collator.compare(a, b)
