import { isNumberForm, type NumberUnit, type ValueForm, type ValueWords } from '../../domain/metrics/unit.ts'
import { dropZeros, formatClock, formatDay, formatMonth, formatThreshold, formatValue } from '../ui/format.ts'

export type Tick = { readonly at: number; readonly label: string }
export type Scale = { readonly low: number; readonly high: number; readonly ticks: readonly Tick[] }

/** A fitted scale spans at least this part of its greatest value: its labels do not have more digits. */
const LEAST_FITTED = 0.05

/**
 * Ends and ticks for values from `least` to `most`, at round numbers of the unit. Begins at zero, except where the
 * values stay far from it and are temperatures or `isFitted`.
 */
export function valueScale(
  least: number,
  most: number,
  form: ValueForm,
  { parts = 3, isFitted = false } = {},
): Scale {
  if (!isNumberForm(form)) return wordScale(least, most, form, parts)
  const unit = form
  const floats = (unit === '°C' || isFitted) && most > 0 && most - least < 0.5 * most
  const bottom = !floats ? Math.min(0, least) : isFitted ? Math.min(least, most * (1 - LEAST_FITTED)) : least
  const top =
    most - bottom > 1e-9 * Math.max(1, Math.abs(most))
      ? most
      : bottom + (unit === 'B' || unit === 'B/s' ? 1024 : 1)
  const step = roundStep((top - bottom) / parts, unit)
  const low = roundOff(Math.floor(bottom / step) * step, step)
  let high = roundOff(Math.ceil(top / step - 1e-9) * step, step)
  if (unit === '%' && most <= 100) high = Math.min(high, Math.max(100, step))
  const ticks: Tick[] = []
  for (let i = 0; low + i * step <= high + step / 1e6; i++)
    ticks.push(tick(roundOff(low + i * step, step), unit, step))
  return { low, high, ticks }
}

/** A state has both of its words; of many words those that are drawn are on the scale, as far as there is room. */
function wordScale(least: number, most: number, words: ValueWords, parts: number): Scale {
  const label = (at: number): Tick => ({ at, label: formatValue(at, words) })
  if (words.length === 2) return { low: 0, high: 1, ticks: [label(0), label(1)] }
  const shown = words.flatMap((_, at) => (at >= least && at <= most ? [label(at)] : []))
  const step = Math.ceil(shown.length / (2 * parts))
  return { low: least - 0.5, high: most + 0.5, ticks: shown.filter((_, i) => i % step === 0) }
}

/** Takes away what binary fractions add: three steps of 0.2 end at 0.6. */
const roundOff = (value: number, step: number) =>
  Number(value.toFixed(Math.min(100, Math.max(0, 3 - Math.floor(Math.log10(step))))))

/** The next round number at or above `wanted`. */
export function roundStep(wanted: number, unit: NumberUnit): number {
  if (unit === 'B' || unit === 'B/s') {
    const power = 1024 ** Math.max(0, Math.floor(Math.log2(Math.max(1, wanted)) / 10))
    const step = [1, 2, 5, 10, 20, 50, 100, 256, 512].find((round) => round * power >= wanted)
    return step === undefined ? power * 1024 : step * power
  }
  if (unit === 's' && wanted > 1) {
    const step = TIME_STEPS.find((round) => round >= wanted)
    return step ?? roundStep(wanted / 86_400, '') * 86_400
  }
  const power = 10 ** Math.floor(Math.log10(wanted))
  return ([1, 2, 2.5, 5].find((round) => round * power >= wanted * (1 - 1e-9)) ?? 10) * power
}

const TIME_STEPS = [
  2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800,
]

function tick(at: number, unit: NumberUnit, step = 1): Tick {
  const value = Math.abs(at) < step / 1e6 ? 0 : at
  if (value === 0) return { at: value, label: '0' }
  // Values have one digit behind the point, and small steps two.
  const isExact = (unit === '%' || unit === '°C') && !Number.isInteger(value)
  return { at: value, label: isExact ? formatThreshold(value, unit) : dropZeros(formatValue(value, unit)) }
}

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400

/** Steps of a time axis; months and years, which have no fixed length, come after the last of them. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14].map((n) => n * DAY),
]

/**
 * At most `count` ticks at round times of this process's time zone, none within `margin` of the ends (as a
 * part of the whole).
 */
export function timeTicks(from: number, to: number, count: number, margin = 0.03): Tick[] {
  const wanted = (to - from) / count
  const step = STEPS.find((candidate) => candidate >= wanted)
  const first = from + (to - from) * margin
  const last = to - (to - from) * margin
  const ticks: Tick[] = []
  if (step !== undefined && step < DAY) {
    const offset = new Date(from * 1000).getTimezoneOffset() * 60
    for (let at = Math.ceil((first - offset) / step) * step + offset; at <= last; at += step)
      ticks.push({ at, label: isMidnight(at) ? formatDay(at) : formatClock(at) })
    return ticks
  }
  const days = step === undefined ? 0 : step / DAY
  const months =
    days > 0
      ? 0
      : ([1, 2, 3, 6, 12].find((n) => n * 31 * DAY >= wanted) ?? Math.ceil(wanted / (365 * DAY)) * 12)
  for (let at = firstRoundDay(first, months); at <= last; at = laterDay(at, days, months))
    if (at >= first) ticks.push({ at, label: months > 0 ? formatMonth(at) : formatDay(at) })
  return ticks
}

const isMidnight = (at: number) => formatClock(at) === '00:00'

function firstRoundDay(after: number, months: number): number {
  const date = new Date(after * 1000)
  date.setHours(0, 0, 0, 0)
  if (months === 0) date.setDate(date.getDate() + 1)
  else date.setMonth(Math.ceil((date.getMonth() + 1) / months) * months, 1)
  return date.getTime() / 1000
}

/** By the calendar, so that a change to summer time moves no tick off midnight. */
function laterDay(at: number, days: number, months: number): number {
  const date = new Date(at * 1000)
  if (months === 0) date.setDate(date.getDate() + days)
  else date.setMonth(date.getMonth() + months)
  return date.getTime() / 1000
}
