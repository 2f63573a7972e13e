import type { Comparison } from '../comparison.ts'
import type { Event } from '../event.ts'
import { describeFull, type Forecast } from '../hosts/capacity.ts'
import { AVAILABILITY } from '../metrics/declared/server-events.ts'
import { formatMetricThreshold } from '../metrics/plain-value.ts'
import { type Condition, isBreach, readCondition } from '../thresholds/threshold.ts'
import { phraseMetric } from './metric-phrase.ts'
import { sayInPast } from './past-sentence.ts'
import { areOf, type PhraseContext } from './phrase.ts'

/**
 * The sentence for a problem on pages, in notifications, in the API and in the shell: `/var is 96.1 % full
 * (above 95 % for 15 min)`.
 */
export type Problem = {
  /** What, and how much: `/var is 96.1 % full`. */
  readonly what: string
  /** Compared with what, or why, and when it is full: `above 95 % for 15 min, full in 4 to 6 days`; null where there is nothing to add. */
  readonly detail: string | null
  /** All of it as one sentence, in one line: `… (above 95 % for 15 min), full in 4 to 6 days`. */
  readonly text: string
}

export type ProblemContext = PhraseContext & {
  /** The value in the newest frame of its host; null or absent where there is none, or it is old. */
  readonly current?: number | null | undefined
  /** The sentence of a closed event, which says what triggered it, ends with the current value. */
  readonly endsWithCurrent?: boolean
  /** The host has sent data lately, which the sentence of a silence that is over then says. */
  readonly isReporting?: boolean
  /** When a disk will be full; null or absent where that is not known, or it is another metric. */
  readonly forecast?: Forecast | null
  /** Seconds since 1970. */
  readonly now: number
}

type ProblemEvent = Pick<Event, 'host' | 'metric' | 'status' | 'message' | 'opened' | 'closed' | 'members'> &
  Partial<Pick<Event, 'value'>>

/**
 * Describes the problem of an event. A message that does not come from a threshold is a sentence already, and
 * stays as it is.
 */
export function describeProblem(event: ProblemEvent, context: ProblemContext): Problem {
  if (event.metric === AVAILABILITY.name) {
    const silence = describeSilentHosts(event, context)
    if (silence !== null) return silence
  }
  const condition = readCondition(event.metric, event.message)
  const isPast = event.status === 'closed'
  if (condition === null)
    return join(oneLine(isPast ? sayInPast(event.metric, event.message) : event.message), null)
  const phrase = phraseMetric(event.metric, context)
  const isSeen = !isPast && context.current !== null && context.current !== undefined
  const value = isSeen ? context.current : (event.value ?? null)
  const isAny = phrase.isCount === true && condition.compare === '>' && condition.value === 0
  const limit = isAny ? null : describeCondition(event.metric, condition)
  const { current = null, forecast, now, endsWithCurrent = false } = context
  const last = isPast && endsWithCurrent ? current : null
  if (phrase.isState) {
    // Where the value is not known, it is one that breaches.
    const said = value ?? (isBreach(0, condition.compare, condition.value) ? 0 : condition.value)
    const state = join(phrase.say(said, isPast), condition.reason)
    return last === null ? state : addEnd(state, phrase.sayNow(last, said))
  }
  const said =
    value === null
      ? join(describeUnknown(phrase.noun, event.metric, condition, isPast), condition.reason)
      : join(phrase.say(value, isPast), [limit, condition.reason].filter(Boolean).join(': ') || null)
  if (last !== null) return addEnd(said, phrase.sayNow(last, value))
  return isPast || !forecast || value === null ? said : addEnd(said, describeFull(forecast, now))
}

/** Where what triggered it is not known, as from agents of the original. */
const describeUnknown = (noun: string, metric: string, condition: Condition, isPast: boolean) =>
  `${noun} ${isPast ? `${areOf(noun)} ` : ''}${describeCondition(metric, condition)}`

const addEnd = ({ what, detail, text }: Problem, end: string): Problem => ({
  what,
  detail: detail === null ? end : `${detail}, ${end}`,
  text: `${text}, ${end}`,
})

/** `above 95 % for 15 min`. */
export function describeCondition(
  metric: string,
  { compare, value, duration }: Omit<Condition, 'reason'>,
): string {
  const lasting = duration > 0 ? ` for ${shortDuration(duration)}` : ''
  return `${COMPARED[compare]} ${formatMetricThreshold(value, metric, compare)}${lasting}`
}

const COMPARED: Readonly<Record<Comparison, string>> = {
  '>': 'above',
  '<': 'below',
  '=': 'equal to',
  '>=': 'at least',
  '<=': 'at most',
  '!=': 'other than',
}

function join(what: string, detail: string | null): Problem {
  const added = detail === null ? null : oneLine(detail)
  return { what, detail: added, text: added === null ? what : `${what} (${added})` }
}

/** A line end in a name or reason must not begin a line, or a header, of its own. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()

const SILENCE = /^.* has sent no data for (\d+) (second|minute|hour|day)s?$/
const GROUP = /^(\d+) hosts fell silent at once: (.*)$/
const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 }

/** The silence had lasted for some time when the event opened, and goes on while it is open. */
function describeSilentHosts(event: ProblemEvent, { now, isReporting }: ProblemContext): Problem | null {
  const lasted = (event.closed ?? Math.max(now, event.opened)) - event.opened
  const [, count, unit] = SILENCE.exec(event.message) ?? []
  if (count !== undefined && unit !== undefined) {
    const seconds = lasted + Number(count) * (SECONDS[unit] ?? 0)
    const silence = join(`No data from ${event.host} for ${roughDuration(seconds)}`, null)
    return event.status === 'closed' && isReporting === true ? addEnd(silence, 'now sending again') : silence
  }
  const [, hosts, names] = GROUP.exec(event.message) ?? []
  if (hosts === undefined || names === undefined) return null
  // The time before the opening is not reported, so the duration is short at first.
  const how = lasted < 60 ? '' : ` for ${roughDuration(lasted)}`
  return join(`No data from ${hosts} hosts${how}`, names)
}

/** A duration that was set, in the largest unit that divides it: `15 min`, `90 s`. */
export function shortDuration(seconds: number): string {
  if (seconds >= 86_400 && seconds % 86_400 === 0) return days(seconds / 86_400)
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600} h`
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}

/** A duration that was measured, in the largest unit alone and rounded down: `48 min`, `3 h`, `2 days`. */
export function roughDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min`
  return whole < 2 * 86_400 ? `${Math.floor(whole / 3600)} h` : days(Math.floor(whole / 86_400))
}

const days = (count: number) => `${count} ${count === 1 ? 'day' : 'days'}`
