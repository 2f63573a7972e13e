import { type Period, readPeriod } from '../charts/period.ts'
import { type Route, route } from '../http/route.ts'
import { REPORTS } from '../reports/index.ts'
import { chosenGroup, type Report } from '../reports/report.ts'

const reportJson = (report: Report): Route =>
  route(
    {
      path: `/api/v1/reports/${report.key}`,
      parameters: parametersOf(report),
      access: 'viewer',
      doc: `${report.doc} Takes ${listParameters(report)}.`,
    },
    async ({ web, url, now }) => {
      const { columns, rows } = await report.load({ web, url, now, group: chosenGroup(url) })
      const keys = columns.map(({ key }) => key)
      return Response.json({
        report: report.key,
        time: now,
        ...(report.hasPeriod && boundsOf(readPeriod(url, now, web.zone))),
        rows: rows.map((row) => Object.fromEntries(keys.map((key) => [key, row[key] ?? null]))),
      })
    },
  )

const boundsOf = ({ from, to }: Period) => ({ from, to })

const parametersOf = ({ hasPeriod, parameters = [] }: Report) => [
  'group',
  ...(hasPeriod ? ['period', 'from', 'to'] : []),
  ...parameters,
]

const listParameters = (report: Report) => parametersOf(report).join(', ')

/** The reports as JSON. */
export const REPORT_API: readonly Route[] = REPORTS.map(reportJson)
