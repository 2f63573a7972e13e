import { expect, test } from 'bun:test'
import type { Host } from '../../../src/domain/hosts/host.ts'
import { metricSections } from '../../../src/web/pages/hosts/metric-sections.tsx'

const aHost = (latest: Readonly<Record<string, number>>) => ({ name: 'web01', latest }) as unknown as Host

test('the page of a host has services, checks, containers and text files with their states', () => {
  const text = String(
    metricSections(
      aHost({
        'perf.service.nginx.state': 0,
        'perf.check.shop.state': 0,
        'perf.check.shop.milliseconds': 12,
        'perf.container.shop.web.state': 1,
        'perf.textfile.apt.state': 0,
      }),
    ),
  )
  expect(text).toContain('Services, processes and checks')
  const states = [...text.matchAll(/<a href="[^"]*">([^<]*)<\/a>.*?<\/svg>(\w+)/gs)].map(
    ([, name, state]) => [name, state],
  )
  expect(states).toEqual([
    ['nginx', 'Stopped'],
    ['shop', 'Failed'],
    ['shop.web', 'Good'],
    ['apt', 'Broken'],
  ])
})

test('it keeps its plain heading where there are no checks, and is left out where there is nothing', () => {
  expect(String(metricSections(aHost({ 'perf.service.nginx.state': 1 })))).toContain(
    '<h2>Services and processes</h2>',
  )
  expect(metricSections(aHost({ 'perf.memory.percent.used': 1 }))).toEqual([])
})
