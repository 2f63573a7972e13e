/** @jsxImportSource #markup */
import { PERIODS, readPeriod, writeDay } from '../../charts/period.ts'
import { rangeChoices } from '../../charts/time-range-nav.tsx'
import { facetBar, readFacets } from '../../filters/facets.tsx'
import { readInteger } from '../../http/query-parameters.ts'
import { type Route, route, type WebRequest } from '../../http/route.ts'
import { REPORTS } from '../../reports/index.ts'
import {
  chosenGroups,
  MAX_ROWS,
  type Report,
  type ReportColumn,
  type ReportData,
  type ReportRow,
} from '../../reports/report.ts'
import { madeLine, pager, withParameters } from '../../ui/components.tsx'
import { type CsvCell, csvResponse } from '../../ui/csv.ts'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html, HtmlValue } from '../../ui/markup/html.ts'
import { listTable } from '../../ui/table.tsx'

/** Rows on a page; the file and the API have all of them. */
const SHOWN = 200

const OVER_TIME: readonly string[] = ['availability', 'capacity']

/** As they stand on the overview. */
const GROUPS = [
  { title: 'Over time', reports: REPORTS.filter(({ key }) => OVER_TIME.includes(key)) },
  { title: 'As it is now', reports: REPORTS.filter(({ key }) => !OVER_TIME.includes(key)) },
]

const entry = (href: string, title: string, doc: string): Html => (
  <li>
    <a href={href}>
      <b>{title}</b>
      <span>{doc}</span>
    </a>
  </li>
)

const overview = route({ path: '/reports', access: 'viewer' }, ({ session, csrf, url }) =>
  layout({
    title: 'Reports',
    active: 'reports',
    session,
    csrf,
    url,
    body: (
      <>
        <div class="head">
          <div>
            <h1>Reports</h1>
            <p class="lead">Each prints, downloads as CSV, and is available as JSON from the API.</p>
          </div>
        </div>
        <div class="entry-groups">
          {GROUPS.map(({ title, reports }) => (
            <section>
              <h2>{title}</h2>
              <ul class="entries">
                {reports.map(({ key, title, doc }) => entry(`/reports/${key}`, title, doc))}
              </ul>
            </section>
          ))}
          <section>
            <h2>Graphs</h2>
            <ul class="entries">{entry('/compare', 'Compare', 'Metrics of several hosts in one graph.')}</ul>
          </section>
        </div>
      </>
    ),
  }),
)

const reportPage = (report: Report): Route =>
  route({ path: `/reports/${report.key}`, access: 'viewer' }, async (request) => {
    const { web, url, now } = request
    const data = await report.load({ web, url, now, group: chosenGroups(url) })
    if (url.searchParams.get('format') === 'csv') {
      const keys = data.columns.map(({ key }) => key)
      const rows = data.rows.values().map((row) => keys.map((key) => row[key] ?? null))
      return csvResponse(`${report.key}-${writeDay(now, web.zone)}`, keys, rows)
    }
    return reportView(request, report, data, await web.store.hosts.groups())
  })

function reportView(
  request: WebRequest,
  report: Report,
  { columns, rows, lead, empty, note }: ReportData,
  groups: readonly string[],
): Html {
  const { session, csrf, url } = request
  const facets = readFacets(url)
  const chosen = facets.chosen.join(', ')
  const offset = readInteger(url, 'offset', { min: 0, max: MAX_ROWS, default: 0 })
  return layout({
    title: report.title,
    active: 'reports',
    session,
    csrf,
    url,
    filters: facetBar(url, groups, facets),
    body: (
      <>
        {madeLine(request)}
        <div class="head">
          <div>
            <p class="crumbs">
              <a href="/reports">Reports</a>
            </p>
            <h1>{report.title}</h1>
            <p class="lead">
              {lead}
              {chosen !== '' && (
                <>
                  ; {facets.chosen.length === 1 ? 'group' : 'groups'} <b>{chosen}</b>
                </>
              )}
            </p>
          </div>
          <div class="actions">
            <a class="button" href={withParameters(url, { format: 'csv', offset: null })} download>
              Download CSV
            </a>
          </div>
        </div>
        {report.hasPeriod && periodForm(request)}
        {rows.length === 0 ? (
          <section class="empty">
            <h2>Nothing to report</h2>
            <p>
              {chosen === '' ? (
                empty
              ) : (
                <>
                  Nothing matches <b>{chosen}</b>.
                </>
              )}
            </p>
          </section>
        ) : (
          reportTable(columns, rows.slice(offset, offset + SHOWN))
        )}
        {pager({ url, offset, limit: SHOWN, total: rows.length })}
        {note !== undefined && <p class="soft report-note">{note}</p>}
      </>
    ),
  })
}

function reportTable(columns: readonly ReportColumn[], rows: readonly ReportRow[]): Html {
  const shown = columns.flatMap(({ name, ...column }) => (name === null ? [] : [{ ...column, name }]))
  const heads = shown.map(({ name, isNumber = false, namesRow = false }) => ({
    name,
    isNumber,
    namesRow,
    breaks: !isNumber,
  }))
  const cells = rows.map((row) => ({
    cells: shown.map(({ key, show }) => (show ? show(row) : plainCell(row[key]))),
  }))
  return listTable(heads, cells, { className: 'report' })
}

/** An unknown value is shown as a dash, so that it is not mistaken for zero. */
const plainCell = (value: CsvCell | undefined): HtmlValue =>
  value === null || value === undefined || value === '' ? <span class="soft">–</span> : value

function periodForm({ url, now, web }: WebRequest): Html {
  const { from, to, key } = readPeriod(url, now, web.zone)
  return (
    <div class="filters">
      {rangeChoices({
        label: 'Period',
        ranges: PERIODS,
        current: key,
        address: (period) => withParameters(url, { period, range: null, from: null, to: null, offset: null }),
      })}
      <form class="span-form" method="get" action={url.pathname}>
        {readFacets(url).chosen.map((group) => (
          <input type="hidden" name="group" value={group} />
        ))}
        <label>
          From <input type="date" name="from" value={writeDay(from, web.zone)} required />
        </label>
        <label>
          to <input type="date" name="to" value={writeDay(to, web.zone)} required />
        </label>
        <button type="submit">Show</button>
      </form>
    </div>
  )
}

/** The reports as pages, and as CSV by `?format=csv`. */
export const REPORT_PAGES: readonly Route[] = [overview, ...REPORTS.map(reportPage)]
