import { yieldThread } from '../../lib/yield-thread.ts'
import { readFacets } from '../filters/facets.tsx'
import type { WebContext } from '../http/route.ts'
import type { CsvCell } from '../ui/csv.ts'
import { formatNumber } from '../ui/format.ts'
import type { Html, HtmlValue } from '../ui/markup/html.ts'

/** The values of a row by column: the same for the page, CSV and JSON. */
export type ReportRow = Readonly<Record<string, CsvCell>>

export type ReportColumn = {
  /** Its name in JSON and CSV. */
  readonly key: string
  /** Its head on the page; null keeps it off the page. */
  readonly name: string | null
  readonly isNumber?: boolean
  /** It identifies the row. */
  readonly namesRow?: boolean
  /** How the page shows it; the plain value unless given. */
  show?(row: ReportRow): HtmlValue
}

export type ReportData = {
  readonly columns: readonly ReportColumn[]
  readonly rows: readonly ReportRow[]
  /** The content above the table: a sentence or figures. */
  readonly lead: Html | string
  /** The text shown when there are no rows. */
  readonly empty: string
  /** Below the table: how the figures came about. */
  readonly note?: string
}

export type ReportInput = {
  readonly web: WebContext
  readonly url: URL
  readonly now: number
  /** Of hosts that are now in one group of each facet, and in one of the others; of all when it is empty. */
  readonly group: {
    readonly facets?: readonly (readonly string[])[]
    readonly withinGroups?: readonly string[]
  }
}

export type Report = {
  /** Its place in addresses. */
  readonly key: string
  readonly title: string
  readonly doc: string
  /** Synonyms for the search. */
  readonly words?: string
  /** Takes a period from the address. */
  readonly hasPeriod: boolean
  /** Query parameters that it takes besides group and period. */
  readonly parameters?: readonly string[]
  load(input: ReportInput): Promise<ReportData>
}

const PAGE = 1000
/** Most rows of a report: more are an export, which the API provides in pages. */
export const MAX_ROWS = 50_000

/** All pages of a list, one after the other; `isCut` means that there are more than `MAX_ROWS`. */
export async function listAll<T>(
  list: (offset: number, limit: number) => Promise<readonly T[]>,
): Promise<{ readonly items: readonly T[]; readonly isCut: boolean }> {
  const items: T[] = []
  for (;;) {
    const part = await list(items.length, PAGE)
    items.push(...part)
    if (items.length > MAX_ROWS) return { items: items.slice(0, MAX_ROWS), isCut: true }
    if (part.length < PAGE) return { items, isCut: false }
    // A thousand rows take some milliseconds: others have their turn between them.
    await yieldThread()
  }
}

/** Said in front of the figures of a list that was cut. */
export const cutWords = (isCut: boolean) => (isCut ? `Only the first ${formatNumber(MAX_ROWS)}: ` : '')

/** The groups that the address asks for, as on the page of hosts; throws an HttpError for what can be no group. */
export function chosenGroups(url: URL): ReportInput['group'] {
  const { lists } = readFacets(url)
  return lists.length === 0 ? {} : { facets: lists }
}
