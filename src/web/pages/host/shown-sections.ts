import { metricUnit } from '../../../domain/metrics/metric.ts'
import { RESOURCES, type ResourceName } from '../../../domain/metrics/resources.ts'
import type { SectionPlan, SectionRow } from '../../../domain/metrics/section-plan.ts'
import { shorten } from '../../ui/format.ts'
import type { ResourcePlan } from './host-plan.ts'

/** A host with more graphs or rows in all has its sections cut short: fifty disks would fill many screens. */
const MOST_GRAPHS = 20
const MOST_ROWS = 60
/** Graphs and rows of a shortened section. */
const FIRST_GRAPHS = 4
const FIRST_ROWS = 8

/** The sections that are shown in full because the address sets that. */
export type SectionChoice = {
  /** Sections that are shown whole. */
  readonly open: ReadonlySet<ResourceName>
  /** All of them are. */
  readonly isAllOpen: boolean
}

/** A section as it is shown. */
export type ShownSection = ResourcePlan & {
  /** It is whole because the address asks for that. */
  readonly isOpened: boolean
  readonly hidden: { readonly graphs: number; readonly rows: number }
}

export type SectionBounds = {
  /** The time is so long that each graph is expensive: sections show only their main graphs. */
  readonly isLong: boolean
  /** Metrics with an open event: what they are about comes first. */
  readonly troubled: ReadonlySet<string>
  readonly latest: Readonly<Record<string, number>>
}

/** Reads `open` (once for each section) and `graphs=all`. An invalid value is reported in `problems`. */
export function readSectionChoice(parameters: URLSearchParams): SectionChoice & { problems: string[] } {
  const names: readonly string[] = RESOURCES.map(({ name }) => name)
  const asked = parameters.getAll('open')
  const graphs = parameters.get('graphs') ?? ''
  const wrong = asked.filter((text) => !names.includes(text))
  return {
    open: new Set(RESOURCES.flatMap(({ name }) => (asked.includes(name) ? [name] : []))),
    isAllOpen: graphs === 'all',
    problems: [
      ...wrong.map((text) => `open: expected one of ${names.join(', ')}, got “${shorten(text)}”.`),
      ...(graphs === '' || graphs === 'all' ? [] : [`graphs: expected all, got “${shorten(graphs)}”.`]),
    ],
  }
}

/** Shortens the sections of a host that has more graphs or rows than a user could look at. */
export function pickShown(
  plans: readonly ResourcePlan[],
  choice: SectionChoice,
  { isLong, troubled, latest }: SectionBounds,
): ShownSection[] {
  const graphs = plans.reduce((sum, { main, more }) => sum + main.length + more.length, 0)
  const rows = plans.reduce((sum, plan) => sum + countRows(plan), 0)
  const isLarge = graphs > MOST_GRAPHS || rows > MOST_ROWS
  const isTroubled = ({ metrics }: SectionRow) =>
    metrics.some((metric) => metric !== null && (troubled.has(metric) || isStopped(metric, latest[metric])))
  return plans.map((plan): ShownSection => {
    const isOpened = choice.isAllOpen || choice.open.has(plan.name)
    if (isOpened || !(isLarge || isLong)) return { ...plan, isOpened, hidden: { graphs: 0, rows: 0 } }
    const tables = isLarge ? plan.tables.map((table) => cutTable(table, isTroubled)) : plan.tables
    const main =
      isLarge && plan.main.length > FIRST_GRAPHS
        ? firstThat(plan.main, FIRST_GRAPHS, ({ lines }) => lines.some(({ metric }) => troubled.has(metric)))
        : plan.main
    const shown = { ...plan, main, more: [], tables }
    return {
      ...shown,
      isOpened,
      hidden: {
        graphs: plan.main.length - main.length + plan.more.length,
        rows: countRows(plan) - countRows(shown),
      },
    }
  })
}

/** Rows of tables of things: those with a row for each metric are never long. */
const countRows = ({ tables }: Pick<ResourcePlan, 'tables'>) =>
  tables.reduce((sum, { subject, rows }) => sum + (subject === null ? 0 : rows.length), 0)

const isStopped = (metric: string, value = 1) => metricUnit(metric) === 'state' && value < 0.5

function cutTable(table: SectionPlan, isTroubled: (row: SectionRow) => boolean): SectionPlan {
  if (table.subject === null || table.rows.length <= FIRST_ROWS) return table
  return { ...table, rows: firstThat(table.rows, FIRST_ROWS, isTroubled) }
}

/**
 * The first `count` items; those that match `comesFirst` are before the others, otherwise the order is kept.
 */
function firstThat<T>(list: readonly T[], count: number, comesFirst: (one: T) => boolean): T[] {
  return list.toSorted((a, b) => Number(comesFirst(b)) - Number(comesFirst(a))).slice(0, count)
}
