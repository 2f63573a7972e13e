/** @jsxImportSource #markup */
import { isSeverity } from '../../domain/event.ts'
import { listFilesystems } from '../../domain/hosts/filesystems.ts'
import { writeDay } from '../charts/period.ts'
import { describeGrowth } from '../forecasts/describe-growth.ts'
import { readInteger } from '../http/query-parameters.ts'
import { hostPath, metricPath, percentMeter } from '../ui/components.tsx'
import { formatCount, formatValue } from '../ui/format.ts'
import type { Report, ReportColumn } from './report.ts'

export const capacityReport: Report = {
  key: 'capacity',
  title: 'Capacity',
  doc: 'The fullest filesystems, their growth, and when each will be full.',
  words: 'disk forecast growth',
  hasPeriod: false,
  parameters: ['limit'],
  async load({ web, url, now, group }) {
    const limit = readInteger(url, 'limit', { min: 1, max: 200, default: 50 })
    // The fullest filesystems are on as many hosts at most, and each of these is among the fullest hosts.
    const { hosts } = await web.store.hosts.list({
      ...group,
      upSince: now - web.silence,
      sort: 'disk',
      descending: true,
      limit,
    })
    const places = hosts
      .flatMap((host) => listFilesystems(host).map((place) => ({ ...place, host: host.name })))
      .sort((a, b) => b.used - a.used)
    const { severityOf } = await web.fleet.read()
    const rows = []
    for (const { host, metric, name, title, used, free } of places.slice(0, limit)) {
      const forecast = await web.forecasts.of(host, metric)
      rows.push({
        host,
        filesystem: name,
        mount: title,
        severity: severityOf(host, metric),
        metric,
        percent_used: Math.round(used * 10) / 10,
        bytes_free: free,
        growth_percent_per_day: forecast === null ? null : Math.round(forecast.growth.mid * 1000) / 1000,
        full_earliest: forecast === null ? null : writeDay(forecast.full.earliest, web.zone),
        full_latest:
          forecast === null || forecast.full.latest === null
            ? null
            : writeDay(forecast.full.latest, web.zone),
        has_forecast: forecast === null ? 0 : 1,
      })
    }
    return {
      rows,
      lead: `${rows.length === limit ? 'The fullest ' : ''}${formatCount(rows.length, 'filesystem')}`,
      empty: 'No host has reported a filesystem yet.',
      note:
        'Growth is read from the last 30 days, at least three of them; a single leap, such as a ' +
        'clean-up, is left out. Where it is flat, or the end is years ahead, there is no ' +
        'forecast: a dash. The range is the 80 % interval of the slopes within that time.',
      columns: COLUMNS,
    }
  },
}

const COLUMNS: readonly ReportColumn[] = [
  {
    key: 'host',
    name: 'Host',
    namesRow: true,
    show: ({ host }) => <a href={hostPath(String(host))}>{host}</a>,
  },
  {
    key: 'filesystem',
    name: 'Filesystem',
    show: (row) => (
      <a href={`${metricPath(String(row.host), String(row.metric))}?range=30d`}>{String(row.mount)}</a>
    ),
  },
  { key: 'mount', name: null },
  { key: 'metric', name: null },
  { key: 'severity', name: null },
  {
    key: 'percent_used',
    name: 'Used',
    isNumber: true,
    show: (row) => percentMeter(Number(row.percent_used), isSeverity(row.severity) ? row.severity : null),
  },
  {
    key: 'bytes_free',
    name: 'Free',
    isNumber: true,
    show: ({ bytes_free: free }) => (typeof free === 'number' ? formatValue(free, 'B') : '–'),
  },
  {
    key: 'growth_percent_per_day',
    name: 'Growth per day',
    isNumber: true,
    show: ({ growth_percent_per_day: growth }) => (typeof growth === 'number' ? describeGrowth(growth) : '–'),
  },
  {
    key: 'full_earliest',
    name: 'Full by',
    show: (row) => (row.percent_used === 100 ? 'now' : describeFull(row.full_earliest, row.full_latest)),
  },
  { key: 'full_latest', name: null },
]

/** `2026-12-03 to 2026-12-19`; `2026-12-03 or later`; a dash where no forecast. */
function describeFull(earliest: unknown, latest: unknown): string {
  if (typeof earliest !== 'string') return '–'
  if (typeof latest !== 'string') return `${earliest} or later`
  return earliest === latest ? earliest : `${earliest} to ${latest}`
}
