import { type Period, readPeriod } from '../charts/period.ts'
import { readChoice } from '../http/query-parameters.ts'
import { type Route, route } from '../http/route.ts'
import { boundOf } from '../http/token-scope.ts'
import { REPORTS } from '../reports/index.ts'
import { chosenGroups, type Report } from '../reports/report.ts'
import { csvResponse } from '../ui/csv.ts'

const reportJson = (report: Report): Route =>
  route(
    {
      path: `/api/v1/reports/${report.key}`,
      access: 'viewer',
      scope: 'filtered',
      doc: report.doc,
    },
    async (request) => {
      const { web, url, now } = request
      const group = { ...chosenGroups(url), ...boundOf(request) }
      const { columns, rows } = await report.load({ web, url, now, group })
      const keys = columns.map(({ key }) => key)
      if (readChoice(url, 'format', ['json', 'csv']) === 'csv')
        return csvResponse(
          report.key,
          keys,
          rows.map((row) => keys.map((key) => row[key] ?? null)),
        )
      return Response.json({
        report: report.key,
        time: now,
        ...(report.hasPeriod && boundsOf(readPeriod(url, now, web.zone))),
        rows: rows.map((row) => Object.fromEntries(keys.map((key) => [key, row[key] ?? null]))),
      })
    },
  )

const boundsOf = ({ from, to }: Period) => ({ from, to })

/** The reports as JSON. */
export const REPORT_API: readonly Route[] = REPORTS.map(reportJson)
