/** @jsxImportSource #markup */
import { HttpError } from '../http/route.ts'
import { formatField, formatStamp } from '../ui/format.ts'
import type { Html } from '../ui/markup/html.ts'
import type { TimeRange } from './time-range.ts'

/** The reason why the time range of the address was not used; null when it was valid. */
export const timeRangeProblem = ({ problem, words }: TimeRange): Html | null =>
  problem === null ? null : (
    <p class="problem" role="alert">
      {problem} Showing {words}.
    </p>
  )

/** What is wrong with the parameter `scale` of a page of graphs, as a sentence; empty when it is valid. */
export const describeWrongScale = (text: string): readonly string[] =>
  text === '' || text === 'fit' ? [] : ['scale: expected fit, or nothing for 0 to 100 %.']

/** A file of another time than was asked for would be a wrong one. */
export function refuseWrongRange({ problem }: TimeRange): void {
  if (problem !== null) throw new HttpError(400, problem)
}

/** Fields for a time of one's own; `kept` are parameters of the address that stay. */
export function timeRangeForm(
  { from, to }: TimeRange,
  now: number,
  kept: readonly (readonly [name: string, value: string])[] = [],
): Html {
  const field = (name: string, label: string, time: number) => (
    <label>
      {label}{' '}
      <input
        type="datetime-local"
        name={name}
        value={formatField(time)}
        data-time={time}
        data-time-as="field"
        required
      />
    </label>
  )
  return (
    <form class="span-form" method="get" data-span-form>
      {kept.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {field('from', 'From', from)}
      {field('to', 'to', to)}
      <button type="submit">Show</button>
      <span class="soft unscripted">in server time, now {formatStamp(now)}</span>
    </form>
  )
}
