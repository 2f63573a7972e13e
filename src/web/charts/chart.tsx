/** @jsxImportSource #markup */
import { isNumberForm, type ValueForm } from '../../domain/metrics/unit.ts'
import type { Html } from '../ui/markup/html.ts'
import { type ChartBand, type ChartMark, drawBand, drawMark } from './chart-marks.tsx'
import { type ChartLine, drawLine, FIELD } from './line-path.tsx'
import { FOOT, HEAD } from './plot.ts'
import { type Scale, type Tick, timeTicks, valueScale } from './scale.ts'
import { drawThresholds } from './threshold-lines.tsx'
import { findBottom, findTop, type ThresholdLine, type ThresholdStyle } from './threshold-places.ts'

export type ChartOptions = {
  readonly lines: readonly ChartLine[]
  readonly from: number
  readonly to: number
  readonly form: ValueForm
  /** Of the lines that are measured on the right. */
  readonly rightForm?: ValueForm | undefined
  readonly marks?: readonly ChartMark[]
  readonly bands?: readonly ChartBand[]
  readonly thresholds?: readonly ThresholdLine[]
  /** `labels` unless given. */
  readonly thresholdStyle?: ThresholdStyle
  /** Said to those who can't see it. */
  readonly label: string
  /** Height of the drawing in pixels, without the row of times below; the width is that of its container. */
  readonly height?: number
  readonly timeTickCount?: number
  readonly valueTickCount?: number
  /** Fills below the only line. */
  readonly filled?: boolean
  /** The scale ends at the values; without it percentages reach from 0 to 100. */
  readonly isFitted?: boolean
  /** The greatest values of downsampled lines are drawn as lines of their own. */
  readonly showsPeaks?: boolean
}

/**
 * Lines over time, as wide as their container: lines are stretched, text and hairlines are not, because they
 * are positioned in per cent. The labels of the scale are in a column of their own. Colours come from the
 * style sheet (`line-1` and so on).
 */
export function lineChart(options: ChartOptions): Html {
  const { lines, from, to, form, rightForm, label } = options
  const { height = 96, timeTickCount = 4, valueTickCount = 2 } = options
  const { filled = lines.length === 1, showsPeaks = false } = options
  const { marks = [], bands = [], thresholds = [], thresholdStyle = 'labels', isFitted = false } = options
  const scale = scaleFor(
    lines.filter(({ axis }) => axis !== 'right'),
    { form, parts: valueTickCount, isFitted },
    {
      top: (most) => findTop(most, thresholds, form, isFitted),
      bottom: (least) => (isFitted ? findBottom(least, thresholds) : least),
    },
  )
  const rightScale =
    rightForm === undefined
      ? null
      : scaleFor(
          lines.filter(({ axis }) => axis === 'right'),
          { form: rightForm, parts: valueTickCount, isFitted },
        )
  const whole = HEAD + height + FOOT
  const levels = levelsOf(scale, height)
  const place = (time: number) => `${round(((time - from) / (to - from)) * 100, 2)}%`
  const moments = drawMoments(timeTicks(from, to, timeTickCount, 0.04), place, height)
  const drawn = lines.map((line, index) =>
    drawLine(line, {
      number: index + 1,
      from,
      to,
      scale: line.axis === 'right' && rightScale ? rightScale : scale,
      filled,
      showsPeaks,
    }),
  )
  const limited = drawThresholds(thresholds, { head: HEAD, height, scale, form }, thresholdStyle)
  return (
    <div
      class={[
        'chart',
        rightScale && 'two-scales',
        limited && `limit-${thresholdStyle}`,
        ...roomForWords([form, scale], [rightForm, rightScale]),
      ]}
      // Screen readers hide the contents of an `img`, so a chart with links is a `group`.
      role={marks.some(({ sign }) => sign) ? 'group' : 'img'}
      aria-label={label}
    >
      <svg width="100%" height={whole}>
        {levels.map(({ text, y }) => (
          <text class="level" x="100%" y={round(y + 4, 1)}>
            {text}
          </text>
        ))}
      </svg>
      <svg class="plot" width="100%" height={whole}>
        {bands.map((band) => drawBand(band, options, height))}
        {levels.map(({ y, isBase }) => (
          <line class={['grid', isBase && 'base']} x2="100%" y1={y} y2={y} />
        ))}
        <svg
          y={HEAD}
          width="100%"
          height={height}
          viewBox={`0 0 ${FIELD} ${FIELD}`}
          preserveAspectRatio="none"
        >
          {drawn}
        </svg>
        {limited?.lines}
        {moments}
        {marks.map((mark) => drawMark(mark, options, height, place))}
      </svg>
      {rightScale && (
        <svg width="100%" height={whole}>
          {levelsOf(rightScale, height).map(({ text, y }) => (
            <text class="level right" x="0" y={round(y + 4, 1)}>
              {text}
            </text>
          ))}
        </svg>
      )}
      {limited && (
        <svg class="limit-side" width="100%" height={whole}>
          {limited.labels}
        </svg>
      )}
    </div>
  )
}

/** The most letters of a word that stand in the usual room beside a drawing. */
const SHORT = 9

/** The classes of a drawing for the room that levels need which are words. */
function roomForWords(...sides: (readonly [ValueForm | undefined, Scale | null])[]): string[] {
  const words = sides.filter(([form]) => form !== undefined && !isNumberForm(form))
  const hasLong = words.some(([, scale]) => scale?.ticks.some(({ label }) => label.length > SHORT))
  return words.length === 0 ? [] : hasLong ? ['of-words', 'word-levels'] : ['of-words']
}

/** Where the labels of a scale stand, in pixels from the top. */
const levelsOf = (scale: Scale, height: number) =>
  scale.ticks.map(({ at, label: text }) => {
    const y = round(HEAD + height * (1 - (at - scale.low) / (scale.high - scale.low)), 1)
    return { text, y, isBase: at === scale.low }
  })

/** The row of times below the field. */
const drawMoments = (ticks: readonly Tick[], place: (time: number) => string, height: number) =>
  ticks.map(({ at, label: text }) => {
    const x = place(at)
    return (
      <>
        <line class="tick" x1={x} x2={x} y1={HEAD + height} y2={HEAD + height + 4} />
        <text class="moment" x={x} y={HEAD + height + 16} data-time={at} data-time-as={timeForm(text)}>
          {text}
        </text>
      </>
    )
  })

function scaleFor(
  lines: readonly ChartLine[],
  { form, parts, isFitted }: { readonly form: ValueForm; readonly parts: number; readonly isFitted: boolean },
  ends = { top: (most: number) => most, bottom: (least: number) => least },
): Scale {
  const [least, most] = findExtent(lines)
  const top = form === '%' && !isFitted ? Math.max(100, most) : most
  return valueScale(ends.bottom(least), ends.top(top), form, { parts, isFitted })
}

/** How the browser is to write a time again in its own zone: like the label that stands there. */
const timeForm = (label: string) => (label.includes(':') ? 'clock' : /\d [A-Z]/.test(label) ? 'day' : 'month')

/** Least and greatest over all lines, with the ends of their bands; 0 and 0 when there is nothing. */
function findExtent(lines: readonly ChartLine[]): [number, number] {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const { values, low = values, high = values } of lines) {
    for (let i = 0; i < values.length; i++) {
      least = Math.min(least, low[i] ?? 0)
      most = Math.max(most, high[i] ?? 0)
    }
  }
  return least <= most ? [least, most] : [0, 0]
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))
