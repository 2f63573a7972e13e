import { findFamily, METRICS } from './catalogue.ts'
import { rememberByNames } from './remember.ts'
import type { ResourceName } from './resources.ts'
import { SECTIONS, type SectionName } from './sections.ts'

export type SectionPlan = {
  readonly name: SectionName
  readonly of: ResourceName
  /** Head of the column that names the things; null where each row is a metric. */
  readonly subject: string | null
  /** Heads of the columns of values; with a row for each metric there is one, without a head. */
  readonly columns: readonly string[]
  readonly rows: readonly SectionRow[]
}

export type SectionRow = {
  /** The subject of the row: a thing, or a metric in words. */
  readonly name: string
  /** A metric for each column; null where the thing does not have it. */
  readonly metrics: readonly (string | null)[]
}

const collator = new Intl.Collator('en', { numeric: true })

/** The sections that a host with these metrics has; columns that no row has a value for are left out. */
export const planSections = rememberByNames((metrics): readonly SectionPlan[] => {
  const found = new Map<SectionName, Map<string, Map<string, string>>>()
  for (const metric of metrics) {
    const { family, words } = findFamily(metric) ?? {}
    if (family?.section === undefined) continue
    const { of, column } = family.section
    const things = found.get(of) ?? new Map<string, Map<string, string>>()
    const row = words?.[0] ?? column
    things.set(row, (things.get(row) ?? new Map<string, string>()).set(column, metric))
    found.set(of, things)
  }
  return SECTIONS.flatMap((section): SectionPlan[] => {
    const things = found.get(section.name)
    if (things === undefined) return []
    const { name, of } = section
    const declared = columnsOf(name)
    if (!('subject' in section)) {
      const rows = declared.flatMap((column): SectionRow[] => {
        const metric = things.get(column)?.get(column)
        return metric === undefined ? [] : [{ name: column, metrics: [metric] }]
      })
      return [{ name, of, subject: null, columns: [''], rows }]
    }
    const columns = declared.filter((column) => [...things.values()].some((thing) => thing.has(column)))
    const rows = [...things]
      .sort(([a], [b]) => collator.compare(a, b))
      .map(([thing, values]) => ({
        name: thing,
        metrics: columns.map((column) => values.get(column) ?? null),
      }))
    return [{ name, of, subject: section.subject, columns, rows }]
  })
})

/** In the order in which metrics are declared. */
const columnsOf = (section: SectionName): string[] => [
  ...new Set(METRICS.flatMap((family) => (family.section?.of === section ? [family.section.column] : []))),
]
