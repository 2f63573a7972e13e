/** @jsxImportSource #markup */
import { countDowntime, countShared, type Downtime, type Stretch } from '../../domain/events/downtime.ts'
import { NARROW_SPACE } from '../../domain/metrics/figure.ts'
import { compilePattern } from '../../domain/pattern.ts'
import { listOccurrences, type MaintenanceWindow } from '../../domain/time/maintenance-window.ts'
import { yieldThread } from '../../lib/yield-thread.ts'
import { readPeriod } from '../charts/period.ts'
import { hostPath, stampLabel } from '../ui/components.tsx'
import { formatCount, formatDuration, formatIso } from '../ui/format.ts'
import type { Report, ReportColumn } from './report.ts'

const HOSTS_AT_ONCE = 500
const byName = new Intl.Collator('en')

export const availabilityReport: Report = {
  key: 'availability',
  title: 'Availability',
  doc: 'How much of a period each host was up, with its longest outage.',
  words: 'uptime sla downtime',
  hasPeriod: true,
  async load({ web, url, now, group }) {
    const { from, to } = readPeriod(url, now, web.zone)
    const [hosts, maintenanceWindows] = await Promise.all([
      web.store.hosts.listSpans(group),
      web.store.maintenanceWindows.list(),
    ])
    const outages = await web.store.events.listOutages(hosts, from, to)
    const inMaintenance = countInMaintenance(maintenanceWindows)
    const rows: AvailabilityRow[] = []
    for (const { name, firstSeen } of hosts) {
      const downtime = countDowntime(outages.get(name) ?? [], from, to, firstSeen)
      rows.push(toRow(name, downtime, inMaintenance(name, downtime.outages)))
      // Ten thousand hosts take tens of milliseconds: others have their turn between them.
      if (rows.length % HOSTS_AT_ONCE === 0) await yieldThread()
    }
    rows.sort((a, b) => (a.percent_up ?? 101) - (b.percent_up ?? 101) || byName.compare(a.host, b.host))
    await yieldThread()
    const known = rows.reduce((sum, row) => sum + row.known_seconds, 0)
    const down = rows.reduce((sum, row) => sum + row.down_seconds, 0)
    const all = known === 0 ? null : shareUp(known, down)
    const planned = rows.reduce((sum, row) => sum + row.in_maintenance_seconds, 0)
    const withoutMaintenance = known === 0 || planned === 0 ? null : shareUp(known, down - planned)
    return {
      rows,
      lead: (
        <>
          {formatCount(rows.length, 'host')}
          {all !== null && (
            <>
              , fleet availability <b>{writePercent(all)}</b>
              {withoutMaintenance !== null && (
                <>
                  {' '}
                  (<b>{writePercent(withoutMaintenance)}</b> without maintenance)
                </>
              )}
            </>
          )}
          ; {stampLabel(from)} to {stampLabel(to)}
        </>
      ),
      empty: 'No host has reported yet.',
      note:
        `An outage counts from its event, which opens ${formatDuration(web.silence)} after the ` +
        `last packet, to the next packet. A host counts from its first packet on. Maintenance ` +
        `windows, as they are now, only hold notifications: downtime within them is counted as ` +
        `downtime and listed separately; availability without maintenance leaves it out.`,
      columns: columnsOf(to - from),
    }
  },
}

type AvailabilityRow = ReturnType<typeof toRow>

function toRow(host: string, { percentUp, known, down, outages }: Downtime, planned: number) {
  const longest = outages[0]
  return {
    host,
    percent_up: percentUp === null ? null : round(percentUp),
    percent_up_without_maintenance: known === 0 ? null : round(shareUp(known, down - planned)),
    down_seconds: down,
    in_maintenance_seconds: planned,
    outages: outages.length,
    longest_seconds: longest === undefined ? null : longest.to - longest.from,
    /** Written only where the row is: a page shows few of ten thousand. */
    get longest_from() {
      return longest === undefined ? null : formatIso(longest.from)
    },
    longest_from_seconds: longest?.from ?? null,
    known_seconds: known,
  }
}

const round = (percent: number) => Math.round(percent * 1000) / 1000

/** Percent of the observed time. */
const shareUp = (known: number, down: number) => ((known - Math.max(0, down)) / known) * 100

/** `period` is the length of the report in seconds. */
const columnsOf = (period: number): readonly ReportColumn[] => [
  {
    key: 'host',
    name: 'Host',
    namesRow: true,
    show: ({ host }) => <a href={hostPath(String(host))}>{host}</a>,
  },
  {
    key: 'percent_up',
    name: 'Up',
    isNumber: true,
    show: ({ percent_up: up, percent_up_without_maintenance: without }) => (
      <>
        {typeof up === 'number' ? writePercent(up) : '–'}
        {typeof without === 'number' && without !== up && (
          <span class="for-words soft">{writePercent(without)} without maintenance</span>
        )}
      </>
    ),
  },
  { key: 'percent_up_without_maintenance', name: null },
  {
    key: 'down_seconds',
    name: 'Down for',
    isNumber: true,
    show: ({ down_seconds: seconds }) => (seconds === 0 ? '–' : formatDuration(Number(seconds))),
  },
  {
    key: 'in_maintenance_seconds',
    name: 'In maintenance',
    isNumber: true,
    show: ({ in_maintenance_seconds: seconds }) => (seconds === 0 ? '–' : formatDuration(Number(seconds))),
  },
  { key: 'outages', name: 'Outages', isNumber: true },
  {
    key: 'longest_seconds',
    name: 'Longest outage',
    isNumber: true,
    show: (row) => (row.longest_seconds === null ? '–' : formatDuration(Number(row.longest_seconds))),
  },
  {
    key: 'longest_from',
    name: 'Started',
    show: (row) => (row.longest_from_seconds === null ? '–' : stampLabel(Number(row.longest_from_seconds))),
  },
  {
    key: 'known_seconds',
    name: 'Observed',
    isNumber: true,
    // A host that is younger than the period is marked: its share is of the time that it was observed.
    show: ({ known_seconds: seconds }) =>
      Number(seconds) >= period ? 'all of it' : `only ${formatDuration(Number(seconds))}`,
  },
]

/** Counts how much of a host's outages is within maintenance windows that include the host. */
function countInMaintenance(maintenanceWindows: readonly MaintenanceWindow[]) {
  const compiled = maintenanceWindows.map(({ host, when }) => ({ fits: compilePattern(host), when }))
  return (host: string, outages: readonly Stretch[]): number =>
    countShared(
      outages,
      compiled
        .filter(({ fits }) => fits(host))
        .flatMap(({ when }) => outages.flatMap(({ from, to }) => listOccurrences(when, from, to))),
    )
}

/** Never rounded up to 100: that would hide an outage. */
export function writePercent(percent: number): string {
  if (percent >= 100) return `100${NARROW_SPACE}%`
  return `${(Math.floor(percent * 1000) / 1000).toFixed(percent >= 99 ? 3 : 1)}${NARROW_SPACE}%`
}
