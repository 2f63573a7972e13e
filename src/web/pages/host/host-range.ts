import { type Host, hostStatus } from '../../../domain/hosts/host.ts'
import { chartStart } from '../../charts/host-charts.ts'
import { HOST_LONGEST, HOST_RANGES, readTimeRange, type TimeRange } from '../../charts/time-range.ts'
import { formatDuration } from '../../ui/format.ts'

const HOUR = 3600
const TOO_LONG = 'A host page shows at most 31 days. A graph of one metric shows everything.'

/** The time that a host's graphs show: the last hour by default, and never more than `HOST_LONGEST`. */
export function hostRange(parameters: URLSearchParams, host: Host, now: number, silence: number): TimeRange {
  const asked = readTimeRange(parameters, null, now)
  const end = chartEnd(host, now, silence)
  if (asked.range === null)
    return asked.to - asked.from <= HOST_LONGEST
      ? asked
      : { ...asked, from: asked.to - HOST_LONGEST, words: formatDuration(HOST_LONGEST), problem: TOO_LONG }
  if (asked.range === '1h') return { ...asked, from: chartStart(host, end), to: end }
  const seconds = asked.range === 'all' ? null : asked.to - asked.from
  if (seconds !== null && seconds <= HOST_LONGEST) return { ...asked, from: end - seconds, to: end }
  const longest = HOST_RANGES.at(-1)
  const from = end - (longest?.seconds ?? HOUR)
  return {
    ...asked,
    range: longest?.key ?? null,
    words: longest?.words ?? '',
    from,
    to: end,
    problem: TOO_LONG,
  }
}

/**
 * The time at which graphs end: that of the newest sample for a host that is down, and also for one whose
 * clock is ahead of ours.
 */
export function chartEnd(host: Host, now: number, silence: number): number {
  if (hostStatus(host, now, silence) === 'down' && host.latestTime > 0) return host.latestTime
  return Math.max(now, host.latestTime)
}
