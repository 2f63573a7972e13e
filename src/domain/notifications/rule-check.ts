import type { MaintenanceWindow } from '../time/maintenance-window.ts'
import { isTimeZone } from '../time/time-zone.ts'
import type { Rule } from './rule.ts'
import { isLabel, resolveTarget, type Target } from './target.ts'

/** An invalid field of a rule, window or target, with what was expected. */
export type FieldError = { readonly field: string; readonly expected: string }

/** The least that rules have to know of a channel. */
export type TargetChecker = { readonly name: string; checkTarget(address: string): string | null }

export const MAX_PATTERN = 300
export const MAX_ADDRESS = 2000
/** Longest delay and longest pause of a repetition, in seconds. */
export const MAX_SECONDS = 366 * 86_400
/** Shortest pause of a repetition: samples come by the minute. */
const LEAST_REPEAT = 60

const NAME = 'a name of 1 to 100 characters on one line'
const PATTERN = `a pattern of 1 to ${MAX_PATTERN} characters`

/** Empty when the rule may be kept. */
export function findRuleErrors(
  rule: Omit<Rule, 'id'>,
  channels: readonly TargetChecker[],
  targets: readonly Target[],
): FieldError[] {
  const { severities, delay, repeat } = rule
  const isSeconds = (value: number, least: number) =>
    Number.isInteger(value) && value >= least && value <= MAX_SECONDS
  return [
    ...unless(isLabel(rule.name), 'name', NAME),
    ...unless(isPattern(rule.host), 'host', PATTERN),
    ...unless(isPattern(rule.metric), 'metric', PATTERN),
    ...unless(
      severities.length > 0 && new Set(severities).size === severities.length,
      'severities',
      'some of 1, 2, 3 and 4, each once',
    ),
    ...unless(
      rule.onOpening || rule.onClosing || rule.onSeverityChange,
      'on_opening',
      'at least one of on_opening, on_closing and on_severity_change to be true',
    ),
    ...findAddressErrors(rule.channel, resolveTarget(rule, targets), 'target', channels),
    ...unless(isSeconds(delay, 0), 'delay', 'seconds, 0 for at once'),
    ...unless(
      repeat === null || isSeconds(repeat, LEAST_REPEAT),
      'repeat',
      `${LEAST_REPEAT} seconds or more, null for once only`,
    ),
  ]
}

/** Empty when the target may be kept. */
export function findTargetErrors(
  { name, channel, address }: Omit<Target, 'id'>,
  channels: readonly TargetChecker[],
): FieldError[] {
  return [...unless(isLabel(name), 'name', NAME), ...findAddressErrors(channel, address, 'address', channels)]
}

/** Empty when the window may be kept. */
export function findMaintenanceErrors({ name, host, when }: Omit<MaintenanceWindow, 'id'>): FieldError[] {
  const fieldErrors = [...unless(isLabel(name), 'name', NAME), ...unless(isPattern(host), 'host', PATTERN)]
  if (when.kind === 'once')
    return [...fieldErrors, ...unless(when.from < when.to, 'when.to', 'a time after when.from')]
  const isMinute = (value: number) => Number.isInteger(value) && value >= 0 && value < 1440
  fieldErrors.push(
    ...unless(isMinute(when.start), 'when.start', 'a time of day such as "22:00"'),
    ...unless(isMinute(when.end), 'when.end', 'a time of day such as "06:00"'),
    ...unless(isTimeZone(when.zone), 'when.zone', 'a time zone such as "Europe/Berlin"'),
  )
  if (when.kind === 'weekly') {
    const isDay = (day: number) => Number.isInteger(day) && day >= 1 && day <= 7
    fieldErrors.push(...unless(isList(when.days, isDay), 'when.days', 'days from 1 (Monday) to 7'))
  }
  if (when.kind === 'monthly') {
    const isDay = (day: number) => Number.isInteger(day) && (day === -1 || (day >= 1 && day <= 31))
    fieldErrors.push(
      ...unless(isList(when.days, isDay), 'when.days', 'days from 1 to 31, or -1 for the last'),
    )
  }
  return fieldErrors
}

function findAddressErrors(
  channel: string,
  address: string,
  field: string,
  channels: readonly TargetChecker[],
): FieldError[] {
  const found = channels.find(({ name }) => name === channel)
  if (!found) return [{ field: 'channel', expected: `one of ${channels.map(({ name }) => name).join(', ')}` }]
  const expected =
    address.length > MAX_ADDRESS ? `at most ${MAX_ADDRESS} characters` : found.checkTarget(address)
  return expected === null ? [] : [{ field, expected }]
}

const unless = (isRight: boolean, field: string, expected: string): FieldError[] =>
  isRight ? [] : [{ field, expected }]

const isPattern = (text: string) => text.length > 0 && text.length <= MAX_PATTERN && !/\p{Cc}/u.test(text)

const isList = (days: readonly number[], isDay: (day: number) => boolean) =>
  days.length > 0 && days.length <= 32 && days.every(isDay)
