/** @jsxImportSource #markup */

import { HOST_LONGEST, HOST_RANGES } from '../../charts/time-range.ts'
import { timeRangeForm, timeRangeProblem } from '../../charts/time-range-form.tsx'
import { rangeChoices } from '../../charts/time-range-nav.tsx'
import { findHost, route } from '../../http/route.ts'
import { capitalize, madeLine, stampLabel, untilLabel, withParameters } from '../../ui/components.tsx'
import { formatDuration } from '../../ui/format.ts'
import { icon, statusMark } from '../../ui/icons.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { actionResult } from '../events/action-result.tsx'
import { dataSection } from './data-section.tsx'
import { diskTable } from './disk-table.tsx'
import { facts, groupsOf, historyOf, hostHead, maintenanceLine } from './host-head.tsx'
import { metricLink, metricList, openEventsOfHost } from './host-lists.tsx'
import { type HostModel, readHost } from './host-model.ts'
import { resourceSection } from './host-sections.tsx'
import { metricTable } from './metric-tables.tsx'
import type { ShownSection } from './shown-sections.ts'
import { thresholdsLink } from './threshold-table.tsx'

const HOUR = 3600
/** A longer list of metrics is a page of its own. */
const MOST_LISTED = 150

export const hostPage = route({ path: '/hosts/:name', access: 'viewer' }, async (request) => {
  const { url, session, csrf } = request
  const host = await findHost(request)
  const model = await readHost(request, host)
  return layout({
    title: host.name,
    active: 'hosts',
    session,
    csrf,
    url,
    body: (
      <>
        {madeLine(request)}
        {await actionResult(request)}
        {timeRangeProblem(model.timeRange)}
        {model.problems.map((words) => (
          <p class="problem" role="alert">
            {words}
          </p>
        ))}
        {hostView(model)}
      </>
    ),
    scripts: ['charts'],
  })
})

function hostView(model: HostModel): Html {
  const { host, metrics, sections, now, isDown, thresholds } = model
  return (
    <div data-live="host">
      {hostHead(model)}
      {historyOf(model)}
      {facts(host)}
      {groupsOf(model)}
      {maintenanceLine(model)}
      {isDown && (
        <p class="notice bad" role="status">
          {statusMark('down')}
          <span>
            No data for {formatDuration(now - host.lastSeen)}. Values below are the last received, at{' '}
            {untilLabel(host.latestTime > 0 ? host.latestTime : host.lastSeen, now)}.
          </span>
        </p>
      )}
      {openEventsOfHost(model)}
      {metrics.length === 0 && NO_METRICS}
      {sections.length > 0 && timeBar(model)}
      <div
        class={isDown && 'old-values'}
        data-charts={JSON.stringify({ host: host.name, from: model.from, to: model.to })}
      >
        {sections.map((section) => resourceSection(section, tablesOf(section, model), model))}
      </div>
      {thresholdsLink(host.name, thresholds.reported)}
      {dataSection(model.data, now)}
      {metrics.length > 0 &&
        (metrics.length <= MOST_LISTED
          ? // Without a section the list is all that the page has of the host.
            metricList({ ...model, isOpen: sections.length === 0 })
          : metricLink(host, metrics))}
    </div>
  )
}

function tablesOf({ tables }: ShownSection, model: HostModel): Html | null {
  if (tables.length === 0) return null
  return (
    <>
      {tables.map((table) =>
        table.name === 'filesystems' ? diskTable(table, model) : metricTable(table, model),
      )}
    </>
  )
}

const NO_METRICS = (
  <section class="empty">
    <h2>No samples yet</h2>
    <p>
      Connected. Waiting for the first values (up to 2 minutes). If they don't arrive, see the agent's log.
    </p>
  </section>
)

/** The time that the graphs show, and links to other times. */
function timeBar(model: HostModel): Html {
  const { url, timeRange, from, to, now, isFitted, sections, isDown } = model
  const half = Math.ceil((to - from) / 2)
  const wider = {
    from: String(Math.max(0, to - Math.min(HOST_LONGEST, 4 * half))),
    to: String(to),
    range: null,
  }
  const isCut = sections.some(({ hidden }) => hidden.graphs + hidden.rows > 0)
  return (
    <div class="time-bar">
      <h2>{describeTime(model, isDown)}</h2>
      {rangeChoices({
        label: 'Range',
        ranges: HOST_RANGES,
        current: timeRange.range,
        address: (key) => withParameters(url, { range: key, from: null, to: null }),
        mark: { 'data-chart-link': true },
      })}
      {timeRange.range === null && (
        <a class="button" href={withParameters(url, wider)} data-chart-link>
          {icon('zoom-out')}Zoom out
        </a>
      )}
      <a
        class="button"
        href={withParameters(url, { scale: isFitted ? null : 'fit' })}
        title={isFitted ? 'Percentages from 0 to 100' : 'Fit the scales to the values'}
        data-chart-link
      >
        {isFitted ? '0–100%' : 'Fit'}
      </a>
      {isCut && (
        <a class="button" href={withParameters(url, { graphs: 'all', open: null })} data-chart-link>
          All graphs
        </a>
      )}
      <details class="any-time" id="any-time">
        <summary>Custom range</summary>
        {timeRangeForm(timeRange, now, keptParameters(url))}
      </details>
      <span class="soft hint">drag across a graph to zoom</span>
    </div>
  )
}

/** Parameters that another time does not change. */
const keptParameters = ({ searchParams }: URL) =>
  [...searchParams].filter(([name]) => ['scale', 'graphs', 'open'].includes(name))

/** `Last hour`, `Its last 7 days`, or from when to when. */
function describeTime({ timeRange, from, to }: HostModel, isDown: boolean): Html {
  if (timeRange.range === null)
    return (
      <>
        {stampLabel(from)} to {stampLabel(to)}
      </>
    )
  const words =
    timeRange.range === '1h' && to - from < HOUR - 60
      ? `last ${formatDuration(to - from)}`
      : timeRange.words.replace('the ', '')
  return <>{isDown ? `Its ${words}` : capitalize(words)}</>
}
