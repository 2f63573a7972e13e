/** @jsxImportSource #markup */

import { valueForm } from '../../../domain/metrics/metric.ts'
import { isNumberForm } from '../../../domain/metrics/unit.ts'
import type { ReportedThreshold } from '../../../domain/thresholds/reported-threshold.ts'
import { listUnmatched, suggestNearest, type UnmatchedPattern } from '../../../domain/thresholds/unmatched.ts'
import { describeDuration } from '../../../domain/time/duration.ts'
import { findHost, route } from '../../http/route.ts'
import { hostPath, severityLabel } from '../../ui/components.tsx'
import { formatCount, formatThreshold } from '../../ui/format.ts'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { hostPartPage } from './host-part-page.tsx'

/** The thresholds of a host, and their problems: a page of its own, because a host has some sixty. */
export const thresholdsPage = route(
  { path: '/hosts/:name/thresholds', access: 'viewer' },
  async (request) => {
    const { store } = request.web
    const { name } = await findHost(request)
    const [reported, metrics] = await Promise.all([store.hosts.thresholds(name), store.hosts.metrics(name)])
    return hostPartPage(request, name, {
      title: 'Thresholds',
      lead: reported === null ? null : formatCount(reported.length, 'threshold'),
      body:
        reported === null ? (
          <p class="soft">
            This agent does not report its thresholds. Those of the original product never do; then graphs
            show the limits that events have named.
          </p>
        ) : (
          describeReported(reported, metrics)
        ),
    })
  },
)

/** The way there. */
export function thresholdsLink(host: string, reported: readonly ReportedThreshold[] | null): Html {
  return (
    <section class="section panel" id="thresholds">
      <h2>
        <a href={`${hostPath(host)}/thresholds`}>Thresholds</a>{' '}
        <span class="soft">{reported === null ? 'not reported by this agent' : reported.length}</span>
      </h2>
    </section>
  )
}

const THRESHOLD_COLUMNS: readonly ListColumn[] = [
  { name: 'Severity' },
  { name: 'Metric', namesRow: true, breaks: true },
  { name: 'Condition' },
  { name: 'For', className: 'whole' },
  { name: 'From', className: 'soft' },
]

function describeReported(reported: readonly ReportedThreshold[], metrics: readonly string[]): Html {
  if (reported.length === 0)
    return (
      <p class="soft">
        This agent has no thresholds: it has none in its configuration, and those out of the box are switched
        off there.
      </p>
    )
  const configured = reported.filter(({ isStandard }) => !isStandard)
  const unmatched = new Map(listUnmatched(configured, metrics).map((found) => [found.pattern, found]))
  const rows = reported.map((threshold, i) => ({
    key: `threshold-${i}`,
    cells: [
      severityLabel(threshold.severity),
      metricCell(threshold, unmatched),
      describeCondition(threshold),
      threshold.duration === 0 ? 'one sample' : describeDuration(threshold.duration),
      threshold.isStandard ? 'standard' : 'configuration',
    ],
  }))
  return (
    <>
      <p class="soft">
        Set in the agent’s configuration. Exact metric names take precedence over patterns. A configured
        threshold replaces the standard one of the same severity; the others remain.
      </p>
      {listTable(THRESHOLD_COLUMNS, rows)}
    </>
  )
}

/**
 * A configured threshold that matches no metric of the host has no effect, which is nearly always a mistake.
 */
function metricCell(
  { metric, isStandard }: ReportedThreshold,
  unmatched: ReadonlyMap<string, UnmatchedPattern>,
): Html {
  const found = isStandard ? undefined : unmatched.get(metric)
  return (
    <>
      <code>{metric}</code>
      {found !== undefined && (
        <p class="problem" data-unmatched>
          Matches nothing{suggestNearest(found)}
        </p>
      )}
    </>
  )
}

/** `> 95%`, and the condition that ends it where one is set. */
function describeCondition({ metric, compare, value, clearValue, clearAfter }: ReportedThreshold): Html {
  // Among words there is nothing to compare by size.
  const isExact = compare === '=' || compare === '!='
  const form = isExact || isNumberForm(valueForm(metric)) ? valueForm(metric) : ''
  const isOver = [
    clearValue !== null && clearValue !== value && `at ${formatThreshold(clearValue, form)}`,
    clearAfter !== null && `after ${describeDuration(clearAfter)}`,
  ].filter((words) => words !== false)
  return (
    <>
      <span class="condition">
        {compare} {formatThreshold(value, form)}
      </span>
      {isOver.length > 0 && (
        <>
          {' '}
          <span class="soft">ends {isOver.join(' ')}</span>
        </>
      )}
    </>
  )
}
