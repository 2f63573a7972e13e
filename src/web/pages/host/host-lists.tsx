/** @jsxImportSource #markup */
import type { Event } from '../../../domain/event.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { metricUnit } from '../../../domain/metrics/metric.ts'
import { agoLabel, metricPath } from '../../ui/components.tsx'
import { formatValue } from '../../ui/format.ts'
import type { Html } from '../../ui/html.ts'
import { eventLines } from '../events/event-list.tsx'

export function openEventsOfHost(host: Host, events: readonly Event[], total: number, now: number): Html {
  if (events.length === 0) return <></>
  return (
    <section class="section first">
      <div class="section-head">
        <h2>Open events</h2>
        <a href={`/events?host=${encodeURIComponent(host.name)}`}>
          {total > events.length ? `All ${total}` : 'Events of this host'}
        </a>
      </div>
      {eventLines(events, ({ opened }) => agoLabel(opened, now))}
    </section>
  )
}

/** Every metric that the host ever had, with its newest value. */
export function metricList(host: Host, metrics: readonly string[]): Html {
  return (
    <details class="section" id="all-metrics">
      <summary>
        <h2>All metrics</h2> <span class="soft">{metrics.length}</span>
      </summary>
      <ul class="metrics">
        {metrics.map((metric) => {
          const value = host.latest[metric]
          return (
            <li>
              <a href={metricPath(host.name, metric)}>{metric}</a>
              <span class={value === undefined && 'soft'}>
                {value === undefined ? '–' : formatValue(value, metricUnit(metric))}
              </span>
            </li>
          )
        })}
      </ul>
    </details>
  )
}
