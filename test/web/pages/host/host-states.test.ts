import { expect, test } from 'bun:test'
import type { Host } from '../../../../src/domain/hosts/host.ts'
import { planSections } from '../../../../src/domain/metrics/section-plan.ts'
import { metricTable } from '../../../../src/web/pages/host/metric-tables.tsx'

const HOST = {
  name: 'web01',
  latest: {
    'perf.service.nginx.state': 0,
    'perf.check.shop.state': 0,
    'perf.container.shop.web.state': 1,
    'perf.textfile.apt.state': 0,
  },
} as unknown as Host

function statesOf(status: 'up' | 'down') {
  const plan = planSections(Object.keys(HOST.latest)).find(({ name }) => name === 'states')
  if (!plan) throw new Error('there is no table of states')
  return String(metricTable(plan, { host: HOST, status, query: '' }))
}

test('services, checks, containers and text files have their states, what is wrong first', () => {
  const states = [...statesOf('up').matchAll(/<a href="[^"]*">([^<]*)<\/a>.*?<\/svg>(\w+)/gs)].map(
    ([, name, state]) => [name, state],
  )
  expect(states).toEqual([
    ['nginx', 'Stopped'],
    ['shop', 'Failed'],
    ['apt', 'Broken'],
    ['shop.web', 'Good'],
  ])
})

test('of a host that is down nobody knows them', () => {
  const markup = statesOf('down')
  expect(markup.match(/Unknown, last (stopped|failed|broken|good)/g)).toHaveLength(4)
  expect(markup).not.toContain('class="status')
})
