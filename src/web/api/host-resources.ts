import { HOST_SORTS } from '../../domain/hosts/host.ts'
import { describeHost } from '../../domain/json-shapes.ts'
import { metricUnit, valueForm } from '../../domain/metrics/metric.ts'
import { isNumberForm } from '../../domain/metrics/unit.ts'
import type { ReportedThreshold } from '../../domain/thresholds/reported-threshold.ts'
import { readFacets } from '../filters/facets.tsx'
import { pickFields, readChoice, readPaging, readText } from '../http/query-parameters.ts'
import { findHost, notFound, route } from '../http/route.ts'
import { boundOf } from '../http/token-scope.ts'
import { SCHEMAS } from './schemas.ts'

const HOST_FIELDS: readonly string[] = Object.keys(SCHEMAS.Host.properties ?? {})

export const apiHosts = route(
  {
    path: '/api/v1/hosts',
    access: 'viewer',
    scope: 'filtered',
    doc: 'Hosts with their newest values.',
  },
  async (request) => {
    const { url, now, web } = request
    const search = readText(url, 'search', 200)
    const status = readChoice(url, 'status', ['up', 'down', 'all'])
    const facets = readFacets(url).lists
    const { total, hosts } = await web.store.hosts.list({
      ...readPaging(url),
      sort: readChoice(url, 'sort', HOST_SORTS) ?? 'name',
      descending: readChoice(url, 'order', ['asc', 'desc']) === 'desc',
      ...(search === undefined ? {} : { search }),
      ...(status === undefined || status === 'all' ? {} : { status }),
      ...(facets.length === 0 ? {} : { facets }),
      ...boundOf(request),
      upSince: now - web.silence,
    })
    const open = await web.store.events.countOpenOf(hosts.map(({ name }) => name))
    const described = hosts.map((host) => describeHost(host, open, now, web.silence))
    return Response.json({ total, hosts: pickFields(url, described, HOST_FIELDS) })
  },
)

export const apiHost = route(
  {
    path: '/api/v1/hosts/:name',
    access: 'viewer',
    scope: 'host',
    doc: 'One host, with the thresholds that its agent reports; null when it reports none.',
  },
  async (request) => {
    const { now, web } = request
    const host = await findHost(request)
    const [open, thresholds] = await Promise.all([
      web.store.events.countOpenOf([host.name]),
      web.store.hosts.thresholds(host.name),
    ])
    return Response.json({
      ...describeHost(host, open, now, web.silence),
      thresholds: thresholds?.map(describeThreshold) ?? null,
    })
  },
)

export const apiHostMetrics = route(
  {
    path: '/api/v1/hosts/:name/metrics',
    access: 'viewer',
    scope: 'host',
    doc: 'The names and units of its metrics, and what the values 0, 1 and so on of a state are called.',
  },
  async ({ params, web }) => {
    const name = params.name ?? ''
    if (!(await web.store.hosts.find(name))) throw notFound('host')
    const metrics = await web.store.hosts.metrics(name)
    return Response.json({
      host: name,
      metrics: metrics.map((metric) => {
        const form = valueForm(metric)
        return { metric, unit: metricUnit(metric), ...(!isNumberForm(form) && { words: form }) }
      }),
    })
  },
)

function describeThreshold({ clearAfter, clearValue, isStandard, ...threshold }: ReportedThreshold) {
  return { ...threshold, clear_after: clearAfter, clear_value: clearValue, standard: isStandard }
}
