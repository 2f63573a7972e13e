/** @jsxImportSource #markup */
import { phraseMetric } from '../../../domain/events/metric-phrase.ts'
import { findChoices } from '../../charts/series-picker.tsx'
import { type SeriesRef, writeRef } from '../../charts/series-ref.ts'
import { refuseWrongRange, timeRangeProblem } from '../../charts/time-range-form.tsx'
import { route, type WebRequest } from '../../http/route.ts'
import { seriesCsv } from '../../series/series-csv.ts'
import { madeLine } from '../../ui/components.tsx'
import { readGroup } from '../../ui/group-filter.tsx'
import { layout } from '../../ui/layout/layout.tsx'
import { graphStart } from './graph-start.tsx'
import { graphView } from './graph-view.tsx'
import { findOwn, planLines, readGraph } from './read-graph.ts'

/** The graph of one metric, to which others can be added. */
export const graphPage = route({ path: '/hosts/:name/metrics/:metric', access: 'viewer' }, async (request) =>
  answer(request, await findOwn(request)),
)

/** Any metrics of any hosts in one graph. */
export const comparePage = route({ path: '/compare', access: 'viewer' }, (request) => answer(request, null))

async function answer(request: WebRequest, own: SeriesRef | null) {
  const { url, session, csrf, now, web } = request
  const group = readGroup(url)
  const [data, choices, groups] = await Promise.all([
    readGraph(request, own),
    findChoices(web.store.hosts, url, group, now - web.silence),
    web.store.hosts.groups(),
  ])
  return layout({
    title:
      own === null ? 'Compare' : `${phraseMetric(own.metric, data.hosts.get(own.host)).noun} · ${own.host}`,
    active: own === null ? 'graphs' : 'hosts',
    session,
    csrf,
    url,
    body: (
      <>
        {madeLine(request)}
        {timeRangeProblem(data.timeRange)}
        {data.problems.map((words) => (
          <p class="problem" role="alert">
            {words}
          </p>
        ))}
        {graphView({ ...data, url, choices, groups, group, now, silence: web.silence })}
        {data.plan.lines.length === 0 && choices === null && graphStart((await web.fleet.read()).entries)}
      </>
    ),
    scripts: ['charts'],
  })
}

/** The samples of what the graph shows, as a file. */
export const graphCsv = route(
  { path: '/hosts/:name/metrics/:metric/csv', access: 'viewer' },
  async (request) => {
    const own = await findOwn(request)
    return csv(request, own, `${own.host}-${own.metric}`)
  },
)

/** The samples of all lines side by side. */
export const compareCsv = route({ path: '/compare/csv', access: 'viewer' }, (request) =>
  csv(request, null, 'comparison'),
)

async function csv(request: WebRequest, own: SeriesRef | null, name: string) {
  const { plan, timeRange } = await planLines(request, own)
  refuseWrongRange(timeRange)
  const isAlone = own !== null && plan.lines.length === 1
  const columns = plan.lines.map((ref) => ({ name: isAlone ? ref.metric : writeRef(ref), ref }))
  const { store, clock } = request.web
  return seriesCsv({ samples: store.samples, clock }, name, columns, timeRange)
}
