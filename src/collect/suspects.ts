import { createHash } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { HostReport } from '../storage/ports/store.ts'

/** The first pause before a report is tried again; it doubles with each failure. */
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 3600_000
/** Above these numbers the oldest are forgotten, and tried again as if they had not been refused. */
const MAX_HOSTS = 1000
const MAX_REPORTS = 100

type Trial = { failures: number; until: number }

/**
 * Remembers which reports storage refused because of their content. Reports of their hosts are stored apart
 * from those of others, and the same report is not tried again before a growing pause is over.
 */
export class Suspects {
  readonly #clock: Clock
  readonly #hosts = new Map<string, Map<string, Trial>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Nearly always true: asked first, because it is asked for each commit. */
  get isEmpty(): boolean {
    return this.#hosts.size === 0
  }

  has(host: string): boolean {
    return this.#hosts.has(host)
  }

  /** True while the very same report is not to be tried. */
  mustWait(report: HostReport): boolean {
    const trial = this.#hosts.get(report.host)?.get(digest(report))
    return trial !== undefined && trial.until > this.#clock.monotonicMs()
  }

  /** Notes that storage refused the report; true when it is the first of its host. */
  noteRefused(report: HostReport): boolean {
    const known = this.#hosts.get(report.host)
    const reports = known ?? new Map<string, Trial>()
    if (known === undefined) {
      dropOldest(this.#hosts, MAX_HOSTS)
      this.#hosts.set(report.host, reports)
    }
    const key = digest(report)
    const failures = (reports.get(key)?.failures ?? 0) + 1
    reports.delete(key)
    dropOldest(reports, MAX_REPORTS)
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)
    reports.set(key, { failures, until: this.#clock.monotonicMs() + pause })
    return known === undefined
  }

  /** Notes that a report of the host was stored; true when nothing of it is refused any more. */
  noteStored(report: HostReport): boolean {
    const reports = this.#hosts.get(report.host)
    if (reports === undefined) return false
    reports.delete(digest(report))
    // A report that its agent gave up, and that is not tried any more, must not be remembered for ever.
    const over = this.#clock.monotonicMs() - 2 * LONGEST_PAUSE_MS
    for (const [key, { until }] of reports) if (until < over) reports.delete(key)
    return reports.size === 0 && this.#hosts.delete(report.host)
  }
}

function dropOldest<K>(map: Map<K, unknown>, most: number): void {
  if (map.size < most) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

/** The time of its arrival makes no other report of it. */
function digest({ facts, frames, events }: HostReport): string {
  return createHash('sha256')
    .update(JSON.stringify([facts, frames, events]))
    .digest('base64')
}
