import {
  AGENT_COPY,
  CERTIFICATE_END,
  CLOCK_SKEW,
  KEY_MISMATCH,
  NOTIFICATION_TROUBLE,
  REFUSED_REPORT,
  SERVER_CLOCK,
  STORAGE_DAMAGE,
} from '../metrics/declared/server-events.ts'
import { isOfFamily, type MetricFamily } from '../metrics/metric-family.ts'

type Tense = readonly [present: RegExp, past: string]

/**
 * How the sentences of the server's own events are said once these are over: an event keeps the message that opened it.
 * What an administrator was to do is left out.
 */
const TENSES: readonly (readonly [MetricFamily, ...Tense[]])[] = [
  [
    KEY_MISMATCH,
    [
      /^Another agent speaks in this host's name: it does not have the host's key and was refused$/,
      "Another agent used this host's name without the host's key, and was refused",
    ],
    [
      /^An agent with a key wants the name of this host, which an agent without one has used; .*$/,
      'An agent with a key wanted the name of this host, which an agent without one had used',
    ],
  ],
  [
    AGENT_COPY,
    [
      /^Two agents report as this host with the same key, .*$/s,
      'Two agents reported as this host with the same key',
    ],
  ],
  [
    REFUSED_REPORT,
    [
      /^The database does not take what a report of this host holds; .*$/,
      'The database did not take what a report of this host held',
    ],
  ],
  [CERTIFICATE_END, [/^(The certificate .*) ends on (.*)$/, '$1 was to end on $2']],
  [NOTIFICATION_TROUBLE, [/^(Notifications by .*?) have failed\b/, '$1 failed']],
  [
    STORAGE_DAMAGE,
    [/^Stored samples are damaged and left out (\(.*\)): .*$/, 'Stored samples were damaged $1'],
  ],
  [CLOCK_SKEW, [/^(The clock of .*?) is (\d.*?)(?:; .*)?$/, '$1 was $2']],
  [
    SERVER_CLOCK,
    [/^(The clock of this server) is (.*?): so say (.*? hosts)(?:; .*)?$/, '$1 was $2, as $3 agreed'],
  ],
]

/** The message of an event that is over, in the past where it is one of the server's own. */
export function sayInPast(metric: string, message: string): string {
  const [, ...tenses] = TENSES.find(([family]) => isOfFamily(metric, family)) ?? []
  const tense = tenses.find(([present]) => present.test(message))
  return tense === undefined ? message : message.replace(...tense)
}
