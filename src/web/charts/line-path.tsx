/** @jsxImportSource #markup */
import type { Html } from '../ui/markup/html.ts'
import { splitAtGaps, usualStep } from './plot.ts'
import type { Scale } from './scale.ts'

/** One line of a chart. `low` and `high` belong to thinned data: the least and greatest of each step. Times ascend. */
export type ChartLine = {
  readonly name: string
  readonly times: ArrayLike<number>
  readonly values: ArrayLike<number>
  readonly low?: ArrayLike<number> | undefined
  readonly high?: ArrayLike<number> | undefined
  /** Measured by the scale on the right; by that on the left unless given. */
  readonly axis?: 'right' | undefined
  /** Of another time: drawn pale behind the others, without a colour of its own. */
  readonly isGhost?: true
  /** Of a state: each value is drawn as level until the next one, and the last as long as a usual step. */
  readonly isStepped?: boolean
}

export type LineOptions = {
  /** Which of the colours the line has, from 1. */
  readonly number: number
  readonly from: number
  readonly to: number
  readonly scale: Scale
  /** Fills below the line. */
  readonly filled: boolean
  /** The greatest values of a downsampled line are drawn as a line of their own. */
  readonly showsPeaks: boolean
}

/** Side of the field on which lines are drawn before they are stretched to the place they get. */
export const FIELD = 1000

export function drawLine(line: ChartLine, options: LineOptions): Html {
  const { number, from, to, scale, filled, showsPeaks } = options
  const placeTime = (time: number) => Math.round(((time - from) / (to - from)) * FIELD)
  const xs = placeAll(line.times, placeTime)
  const y = (value: number) => Math.round(FIELD * (1 - (value - scale.low) / (scale.high - scale.low || 1)))
  const ys = placeAll(line.values, y)
  const { low, high, isStepped = false } = line
  const ends = low && high ? { least: placeAll(low, y), greatest: placeAll(high, y) } : null
  const held = isStepped ? usualStep(line.times) : 0
  const listPoints = isStepped ? listLevels : listSteps
  let area = ''
  let band = ''
  let path = ''
  let dots = ''
  let peaks = ''
  for (const [start, end] of splitAtGaps(line.times)) {
    const [first, last] = [start, end - 1]
    // Where the last value of a state ends; of other lines that is its own place.
    const stop = isStepped ? placeTime(Math.min((line.times[last] ?? 0) + held, to)) : (xs[last] ?? 0)
    const tail = stop > (xs[last] ?? 0) ? `H${stop}` : ''
    const run = `M${xs[first]} ${ys[first]}${listPoints(xs, ys, first, last)}${tail}`
    // A lone point is a line of length 0, whose round ends draw a dot.
    if (first === last) dots += tail === '' ? `${run}h0` : run
    else path += run
    // An area is meaningful only when the scale begins at zero.
    if (filled && !line.isGhost && last > first && scale.low <= 0) area += `${run}V${FIELD}H${xs[first]}Z`
    if (ends === null) continue
    const top = `M${xs[first]} ${ends.greatest[first]}${listPoints(xs, ends.greatest, first, last)}${tail}`
    const back = tail === '' ? '' : `H${xs[last]}`
    band += `${top}V${ends.least[last]}${back}${listPoints(xs, ends.least, last, first)}Z`
    if (showsPeaks) peaks += top
  }
  return (
    <g class={line.isGhost ? 'ghost' : `line-${number}`}>
      {area !== '' && <path class="area" d={area} />}
      {band !== '' && <path class="band" d={band} />}
      {peaks !== '' && <path class="peaks" d={peaks} />}
      <path class="line" d={path} />
      {dots !== '' && <path class="dots" d={dots} />}
    </g>
  )
}

/** Places in the field, as whole numbers. */
function placeAll(list: ArrayLike<number>, place: (value: number) => number): Float64Array {
  const places = new Float64Array(list.length)
  for (let i = 0; i < places.length; i++) places[i] = place(list[i] ?? 0)
  return places
}

/** The way from one point to another, also backwards, each point as its distance from the one before: `l5-3 4 2`. */
function listSteps(xs: Float64Array, ys: Float64Array, from: number, to: number): string {
  const step = to < from ? -1 : 1
  let steps = ''
  let [atX, atY] = [xs[from] ?? 0, ys[from] ?? 0]
  for (let i = from; i !== to; ) {
    i += step
    const [nextX, nextY] = [xs[i] ?? 0, ys[i] ?? 0]
    const [right, down] = [nextX - atX, nextY - atY]
    // A minus sign parts two numbers as a space does.
    steps += `${steps === '' ? 'l' : right < 0 ? '' : ' '}${right}${down < 0 ? '' : ' '}${down}`
    atX = nextX
    atY = nextY
  }
  return steps
}

/**
 * The way from one point to another, also backwards, where each value holds until the next point: `H40V0H90`.
 * Points without a change are left out, so that a long quiet state is short markup.
 */
function listLevels(xs: Float64Array, ys: Float64Array, from: number, to: number): string {
  const step = to < from ? -1 : 1
  let steps = ''
  let at = ys[from] ?? 0
  for (let i = from; i !== to; ) {
    i += step
    const [x, next] = [xs[i] ?? 0, ys[i] ?? 0]
    // Backwards the level to the left of the point before begins at that point.
    if (step < 0 && next !== at) steps += `${i + 1 === from ? '' : `H${xs[i + 1]}`}V${next}`
    else if (step > 0 && next !== at) steps += `H${x}V${next}`
    at = next
  }
  return `${steps}H${xs[to]}`
}
