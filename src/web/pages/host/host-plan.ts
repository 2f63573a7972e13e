import { listFilesystems } from '../../../domain/hosts/filesystems.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { findFamily } from '../../../domain/metrics/catalogue.ts'
import { CHARTS, type Chart } from '../../../domain/metrics/charts.ts'
import { RESOURCES, type ResourceName } from '../../../domain/metrics/resources.ts'
import { planSections, type SectionPlan } from '../../../domain/metrics/section-plan.ts'
import { SECTIONS } from '../../../domain/metrics/sections.ts'
import { type ChartPlan, planCharts, spreadLines } from '../../charts/host-charts.ts'

/** A section of a host's page, with what metrics declare to belong to it. */
export type ResourcePlan = {
  readonly name: ResourceName
  readonly title: string
  /** The graph that stands beside the table; several where its lines are too many for one. */
  readonly main: readonly ChartPlan[]
  /** Further graphs, which a long time shows only when they are asked for. */
  readonly more: readonly ChartPlan[]
  readonly tables: readonly SectionPlan[]
}

type PlannedHost = Pick<Host, 'platform' | 'latest' | 'mounts'>

const charts: readonly Chart[] = CHARTS
const chartOf = (name: string) => charts.find((chart) => chart.name === name)

/** The sections for a host that has these metrics. */
export function planResources(host: PlannedHost, metrics: readonly string[]): ResourcePlan[] {
  const planned = planCharts(metrics).flatMap((plan) =>
    plan.name === 'filesystems' ? [] : [sayPlainly(plan, host)],
  )
  const all = [...planned, ...planFilesystems(host)]
  const tables = planSections(Object.keys(host.latest)).map((table) =>
    table.name === 'filesystems' ? sortByFullness(table, host) : table,
  )
  return RESOURCES.flatMap(({ name, title }) => {
    const own = all.filter((plan) => chartOf(plan.name)?.of === name)
    const main = own.filter((plan) => chartOf(plan.name)?.isMain)
    const more = own.filter((plan) => !chartOf(plan.name)?.isMain && !isDouble(plan, own))
    const ownTables = tables.filter((table) => table.of === name)
    return main.length + more.length + ownTables.length === 0
      ? []
      : [{ name, title, main, more, tables: ownTables }]
  })
}

/** With one interface its graph and that of the network would be the same. */
const isDouble = ({ name }: ChartPlan, plans: readonly ChartPlan[]) =>
  name === 'interface-bytes' && plans.filter((plan) => plan.name === name).length === 1

/** The metric that is called swap on Linux is the page file on Windows. */
function sayPlainly(plan: ChartPlan, { platform }: Pick<Host, 'platform'>): ChartPlan {
  if (platform !== 'Windows') return plan
  return {
    ...plan,
    lines: plan.lines.map((line) => ({ ...line, name: line.name.replace(/^swap$/, 'page file') })),
  }
}

/** The fullest first, by the names that people know. */
function planFilesystems(host: PlannedHost): ChartPlan[] {
  const lines = listFilesystems(host).map(({ metric, title }) => ({ metric, name: title }))
  if (lines.length === 0) return []
  return spreadLines({ name: 'filesystems', title: chartOf('filesystems')?.title ?? '', lines })
}

/** The rows of the table of filesystems, the fullest first. */
function sortByFullness(table: SectionPlan, host: PlannedHost): SectionPlan {
  const order = new Map(listFilesystems(host).map(({ name }, i) => [name, i]))
  const placeOf = (name: string) => order.get(name) ?? order.size
  return { ...table, rows: table.rows.toSorted((a, b) => placeOf(a.name) - placeOf(b.name)) }
}

/** The section that shows a metric; null for one that none shows. */
export function resourceOf(metric: string): ResourceName | null {
  const { chart, section } = findFamily(metric)?.family ?? {}
  return chartOf(chart?.of ?? '')?.of ?? SECTIONS.find(({ name }) => name === section?.of)?.of ?? null
}

/** The sections with an open event first, those with the worst of them before the others. */
export function orderResources(
  plans: readonly ResourcePlan[],
  open: readonly { readonly metric: string; readonly severity: number }[],
): ResourcePlan[] {
  const worst = new Map<ResourceName, number>()
  for (const { metric, severity } of open) {
    const name = resourceOf(metric)
    if (name !== null) worst.set(name, Math.min(severity, worst.get(name) ?? severity))
  }
  const rankOf = ({ name }: ResourcePlan) => worst.get(name) ?? Number.POSITIVE_INFINITY
  // Two without an event are equal: their difference would be no number.
  return plans.toSorted((a, b) => (rankOf(a) === rankOf(b) ? 0 : rankOf(a) - rankOf(b)))
}
