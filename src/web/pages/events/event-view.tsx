/** @jsxImportSource #markup */
import { type Event, lengthOf, MAX_COMMENT } from '../../../domain/event.ts'
import { phraseMetric } from '../../../domain/events/metric-phrase.ts'
import { formatMetricValue, isStateMetric, valueForm } from '../../../domain/metrics/metric.ts'
import { downsampleSeries } from '../../../domain/series.ts'
import { escapePattern } from '../../changes/mute-host.ts'
import { lineChart } from '../../charts/chart.tsx'
import { eventPath, metricPath, pageHeading, severityLabel, stampLabel } from '../../ui/components.tsx'
import { csrfField } from '../../ui/form-fields.tsx'
import { formatDuration } from '../../ui/format.ts'
import { keepUnits } from '../../ui/keep-units.ts'
import type { Html } from '../../ui/markup/html.ts'
import { muteChoices } from './event-menu.tsx'
import { heldWords } from './event-state.tsx'
import { deliveriesView, historyView, membersView } from './event-story.tsx'
import { hostName } from './event-table.tsx'
import type { EventModel } from './read-event.ts'
import { processesView } from './running-processes.tsx'
import { changesView } from './what-changed.tsx'

/** Steps of the graph. */
const DRAWN = 400

export type EventViewOptions = {
  /** Shown beside the list: the title is not a heading of the page, and there is a link to the full page. */
  readonly isBeside?: boolean
}

/** Everything about one event: what it is, what can be done, the graph, what else changed, and who was notified. */
export function eventView(model: EventModel, { isBeside = false }: EventViewOptions = {}): Html {
  const { event, mayChange, problem } = model
  return (
    <>
      <div class={['event-top', isBeside && 'is-beside']}>
        <div data-live="event">
          <div class={`event-head severity-${event.severity}`}>
            <p class="crumbs">
              {!isBeside && (
                <>
                  <a href="/events">Events</a> ›{' '}
                </>
              )}
              {isBeside ? <a href={eventPath(event.id)}>Event #{event.id}</a> : `Event #${event.id}`}
            </p>
            {isBeside ? (
              <h2 class="event-title">{keepUnits(problem.what)}</h2>
            ) : (
              pageHeading(keepUnits(problem.what))
            )}
            {problem.detail !== null && <p class="lead">{keepUnits(problem.detail)}</p>}
            <p class="event-state-line">
              {severityLabel(event.severity)}{' '}
              <span class={event.status === 'open' ? 'open-word' : 'soft'}>{event.status}</span>
            </p>
            {heldWords(event, model.calendar, model.now)}
            {factsView(model, isBeside)}
          </div>
        </div>
        {mayChange && changeForm(model)}
      </div>
      <div data-live="course">
        {graphView(model)}
        {changesView(event, model.changes, model.words)}
        {processesView(model.processes)}
        <div class="columns event-columns">
          {historyView(model)}
          {deliveriesView(model)}
        </div>
        {membersView(event)}
      </div>
    </>
  )
}

function factsView({ event, current, now }: EventModel, isBeside: boolean): Html {
  const { host, metric, value, members, opened, closed, acknowledgedBy, acknowledged, isStale, status } =
    event
  const length = lengthOf(event, now)
  const fact = (name: string, value: Html | string) => (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
  return (
    <>
      <dl class="facts">
        {fact('Host', hostName(event))}
        {!isBeside &&
          fact(
            'Metric',
            members.length > 0 ? (
              <code>{metric}</code>
            ) : (
              <a href={metricPath(host, metric)}>
                <code>{metric}</code>
              </a>
            ),
          )}
        {value !== null && fact('Triggering value', formatMetricValue(metric, value))}
        {current !== null && fact('Value now', formatMetricValue(metric, current))}
        {fact('Opened', stampLabel(opened))}
        {closed !== null && fact('Closed', length === null ? 'at an unknown time' : stampLabel(closed))}
        {fact(closed === null ? 'Open for' : 'Lasted', length === null ? 'unknown' : formatDuration(length))}
        {acknowledgedBy !== null
          ? fact(
              'Acknowledged',
              <>
                by {acknowledgedBy}
                {acknowledged !== null && <> at {stampLabel(acknowledged)}</>}
              </>,
            )
          : status === 'open' && fact('Acknowledged', 'by nobody yet')}
      </dl>
      {isStale && status === 'open' && (
        <p class="notice stale" role="status">
          No data: the metric is no longer reported, so nobody knows whether the problem is still there.
        </p>
      )}
    </>
  )
}

function changeForm({ event, csrf, back }: EventModel): Html {
  const path = eventPath(event.id)
  const button = (action: string, words: string, isMain = false) => (
    <button
      type="submit"
      formaction={`${path}/${action}`}
      class={isMain && 'primary'}
      name={action === 'acknowledge' && event.acknowledgedBy !== null && 'again'}
      value="1"
    >
      {words}
    </button>
  )
  return (
    <form class="event-form" method="post" action={`${path}/comment`}>
      {csrfField(csrf)}
      <input type="hidden" name="back" value={back} />
      <div class="form-end" data-live="actions">
        {event.status === 'open' ? (
          <>
            {button(
              'acknowledge',
              event.acknowledgedBy === null ? 'Acknowledge' : 'Take over',
              event.acknowledgedBy === null,
            )}
            {event.members.length === 0 && quietButtons(event)}
            {button('close', 'Close')}
          </>
        ) : (
          button('reopen', 'Reopen')
        )}
      </div>
      <label for="comment">Comment</label>
      <div class="comment-line">
        <textarea id="comment" name="comment" rows={1} maxlength={MAX_COMMENT} />
        {button('comment', 'Add comment')}
      </div>
      {event.status === 'open' && (
        <p class="hint-text">Close hides this event until it has recovered and occurs again.</p>
      )}
    </form>
  )
}

/** The ways to have notifications of the host held: from now on, or at a planned time. */
function quietButtons({ id, host }: Event): Html {
  return (
    <>
      <details class="menu" name="event-menu" id="event-mute">
        <summary class="button">Mute</summary>
        <div class="menu-body">
          <p class="soft">Hold the notifications of {host}. What is still open at the end is sent then.</p>
          {muteChoices(`${eventPath(id)}/mute`)}
        </div>
      </details>
      <a class="button" href={`/settings/maintenance/new?host=${encodeURIComponent(escapePattern(host))}`}>
        Schedule maintenance
      </a>
    </>
  )
}

function graphView({ event, series, thresholds, from, to, words }: EventModel): Html | null {
  if (series === null || series.times.length === 0) return null
  const { host, metric, opened, closed, severity } = event
  const downsampled = downsampleSeries(series, from, to, DRAWN)
  const { times, low, mean, high } = downsampled
  const title = phraseMetric(metric, words).noun
  return (
    <section class="section event-graph">
      <div class="section-head">
        <h2>{title}</h2>
        <a href={`${metricPath(host, metric)}?from=${from}&to=${to}`}>Open in graph</a>
      </div>
      <div class="event-chart">
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
          label: `${title} of ${host} around the event`,
          height: 190,
          timeTickCount: 6,
          valueTickCount: 4,
          thresholds,
          isFitted: true,
          marks: [{ opened, closed, severity }],
        })}
      </div>
    </section>
  )
}
