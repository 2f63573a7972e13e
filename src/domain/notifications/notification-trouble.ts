import type { EventReport } from '../event.ts'
import { NOTIFICATION_TROUBLE } from '../metrics/declared/server-events.ts'
import { describeDuration } from '../time/duration.ts'

/** How deliveries to one target of a channel went. Times are seconds since 1970; null for never. */
export type TargetTrouble = {
  readonly channel: string
  /** As others than administrators may see it. */
  readonly target: string
  readonly worked: number | null
  readonly failingSince: number | null
  readonly gaveUp: number | null
  readonly lost: number
}

/** A target that fails for this long, in seconds, becomes an event. */
const FAILING_SECONDS = 900

/** Whether the target fails now, or gave something up and has taken nothing since. */
export function isInTrouble({ worked, failingSince, gaveUp }: TargetTrouble, now: number): boolean {
  const hasGivenUp = gaveUp !== null && (worked === null || worked < gaveUp)
  return hasGivenUp || (failingSince !== null && now - failingSince >= FAILING_SECONDS)
}

/**
 * The report about a channel at this time, from all its targets: open while any of them fails. Sending it
 * again changes nothing.
 */
export function reportNotificationTrouble(
  channel: string,
  targets: readonly TargetTrouble[],
  now: number,
): EventReport {
  const troubled = targets.filter((target) => isInTrouble(target, now))
  return {
    uid: null,
    change: 0,
    time: now,
    metric: NOTIFICATION_TROUBLE.name.replace('<channel>', channel),
    severity: 2,
    status: troubled.length > 0 ? 'open' : 'closed',
    message: describeTrouble(channel, troubled, now),
  }
}

function describeTrouble(channel: string, troubled: readonly TargetTrouble[], now: number): string {
  const [first] = troubled
  if (first === undefined) return `Notifications by ${channel} are delivered again`
  const others = troubled.length > 1 ? ` and ${troubled.length - 1} more` : ''
  const lost = troubled.reduce((sum, target) => sum + target.lost, 0)
  const since =
    first.failingSince === null
      ? 'have failed'
      : `have failed for ${describeDuration(Math.max(1, Math.floor((now - first.failingSince) / 60)) * 60)}`
  const given = lost > 0 ? `; ${lost} failed for good` : ''
  return `Notifications by ${channel} to ${first.target}${others} ${since}${given}`
}
