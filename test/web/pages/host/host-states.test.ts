import { describe, expect, test } from 'bun:test'
import type { Severity } from '../../../../src/domain/event.ts'
import type { Host } from '../../../../src/domain/hosts/host.ts'
import { planSections } from '../../../../src/domain/metrics/section-plan.ts'
import { metricTable } from '../../../../src/web/pages/host/metric-tables.tsx'

const HOST = {
  name: 'web01',
  latest: {
    'perf.service.nginx.state': 0,
    'perf.check.shop.state': 0,
    'perf.container.shop.web.state': 1,
    'perf.container.shop.web.status': 1,
    'perf.container.shop.web.healthy': 0,
    'perf.container.shop.job.state': 1,
    'perf.container.shop.job.status': 2,
    'perf.container.shop.queue.state': 0,
    'perf.container.shop.queue.status': 4,
    'perf.textfile.apt.state': 0,
  },
} as unknown as Host

const NO_EVENTS: ReadonlyMap<string, Severity> = new Map()

function statesOf(status: 'up' | 'down', severities = NO_EVENTS) {
  const plan = planSections(Object.keys(HOST.latest)).find(({ name }) => name === 'states')
  if (!plan) throw new Error('there is no table of states')
  return String(metricTable(plan, { host: HOST, status, query: '', severities }))
}

test('services, checks, containers and text files have their states, what is wrong first', () => {
  const states = [
    ...statesOf('up').matchAll(/<a href="[^"]*">([^<]*)<\/a>.*?<\/svg>(?:<span>)?([\w ]+)/gs),
  ].map(([, name, state]) => [name, state])
  expect(states).toEqual([
    ['nginx', 'Stopped'],
    ['shop', 'Failing'],
    ['shop.queue', 'Paused'],
    ['shop.web', 'Unhealthy'],
    ['apt', 'Not valid'],
    ['shop.job', 'Finished'],
  ])
})

describe('the colour of a state', () => {
  const rowOf = (markup: string, name: string) =>
    markup.split('<tr').find((row) => row.includes(`>${name}</a>`)) ?? ''

  test.each([1, 2, 3, 4] as const)('is that of the event about it: %d', (severity) => {
    const markup = statesOf(
      'up',
      new Map([
        ['perf.service.nginx.state', severity],
        ['perf.container.shop.web.healthy', severity],
      ]),
    )
    for (const name of ['nginx', 'shop.web']) {
      expect(rowOf(markup, name)).toContain(`<svg class="mark severity-${severity}"`)
      expect(rowOf(markup, name)).toContain(`class="tinted severity-${severity}"`)
    }
    expect(rowOf(markup, 'shop')).not.toContain('severity')
  })

  test('is neutral where no event is about it, and green only where it is good', () => {
    expect(rowOf(statesOf('up'), 'nginx')).toContain('mark status-new')
    expect(rowOf(statesOf('up'), 'shop.job')).toContain('mark status-up')
  })
})

test('of a host that is down nobody knows them', () => {
  const markup = statesOf('down', new Map([['perf.service.nginx.state', 1]]))
  expect(markup.match(/Unknown, last (stopped|failing|paused|unhealthy|finished|not valid)/g)).toHaveLength(6)
  expect(markup).not.toContain('class="status')
  expect(markup).not.toContain('severity-')
})
