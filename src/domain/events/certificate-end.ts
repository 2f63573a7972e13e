import type { EventReport, Severity } from '../event.ts'
import { CERTIFICATE_END } from '../metrics/declared/server-events.ts'

/** A certificate that this server shows. */
export type ShownCertificate = {
  /** The use of the certificate: part of the event's metric. */
  readonly name: 'collect' | 'web'
  /** Seconds since 1970 at which the certificate expires. */
  readonly ends: number
}

const DAY = 86_400
/** Seconds before the end at which an event opens, and its severity; the last entry that holds counts. */
const STAGES: readonly (readonly [seconds: number, severity: Severity])[] = [
  [30 * DAY, 3],
  [7 * DAY, 2],
  [0, 1],
]

const WORDS = { collect: 'for agents', web: 'of the website' } as const

/**
 * The report about a certificate at this time: that it ends soon or has ended, otherwise that it is good.
 * Sending it again changes nothing.
 */
export function reportCertificate({ name, ends }: ShownCertificate, now: number): EventReport {
  const stage = STAGES.findLast(([seconds]) => ends - now <= seconds)
  return {
    uid: null,
    change: 0,
    time: now,
    metric: CERTIFICATE_END.name.replace('<role>', name),
    severity: stage?.[1] ?? 3,
    status: stage === undefined ? 'closed' : 'open',
    message: `The certificate ${WORDS[name]} ends on ${new Date(ends * 1000).toISOString().slice(0, 10)}`,
  }
}
