/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import { phraseMetric } from '../../../domain/events/metric-phrase.ts'
import type { PhraseContext } from '../../../domain/events/phrase.ts'
import { formatMetricValue, isStateMetric, valueForm } from '../../../domain/metrics/metric.ts'
import { lineChart } from '../../charts/chart.tsx'
import type { Changed, Changes } from '../../problems/what-changed.ts'
import { metricPath } from '../../ui/components.tsx'
import { formatCount, formatDuration, formatNumber } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'

/**
 * The metrics of the host that departed when the event opened, each with a small graph; null when they are
 * not known, or the host has at most one metric.
 */
export function changesView(event: Event, changes: Changes | null, words: PhraseContext): Html | null {
  if (changes === null || changes.metrics <= 1) return null
  const { shown, total, metrics, isKnown, time } = changes
  return (
    <section class="section what-changed" id="what-changed">
      <div class="section-head">
        <h2>What else changed</h2>
        {total > shown.length && (
          <span class="soft">
            the strongest {formatNumber(shown.length)} of {formatNumber(total)}
          </span>
        )}
      </div>
      <p class="soft">
        {!isKnown
          ? 'There are too few samples from before the event to compare with.'
          : shown.length === 0
            ? `None of the other ${formatCount(metrics - 1, 'metric')} of ${event.host} departed from what it had been `
            : `Of ${formatCount(metrics, 'metric')} those that departed most from what they had been `}
        {isKnown &&
          `in the ${formatDuration(time.from - time.past)} before${shown.length === 0 ? '.' : ', strongest first.'}`}
      </p>
      {shown.length > 0 && (
        <div class="charts changed">{shown.map((one) => changedFigure(one, event, changes, words))}</div>
      )}
    </section>
  )
}

function changedFigure(
  { metric, before, now, line }: Changed,
  event: Event,
  { from, to }: Changes,
  words: PhraseContext,
): Html {
  const title = phraseMetric(metric, words).noun
  const [was, is] = [formatMetricValue(metric, before), formatMetricValue(metric, now)]
  const { times, low, mean, high } = line
  const query = `?from=${from}&to=${to}`
  return (
    <figure class="small-chart">
      <figcaption>
        <h3>
          <a class="plain" href={`${metricPath(event.host, metric)}${query}`}>
            {title}
          </a>
        </h3>
        <span class="changed-values">
          <span class="visually-hidden">from </span>
          <span class="soft">{was}</span>
          <span aria-hidden="true"> → </span>
          <span class="visually-hidden"> to </span>
          <b>{is}</b>
        </span>
      </figcaption>
      {lineChart({
        lines: [
          {
            name: title,
            times,
            values: mean,
            ...(mean === low ? {} : { low, high }),
            isStepped: isStateMetric(metric),
          },
        ],
        from,
        to,
        form: valueForm(metric),
        height: 60,
        timeTickCount: 3,
        isFitted: true,
        marks: [{ opened: event.opened, closed: event.closed, severity: event.severity, sign: null }],
        label: `${title} around the event: ${was} before, then ${is}`,
      })}
    </figure>
  )
}
