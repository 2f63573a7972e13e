import { expect, test } from 'bun:test'
import { METRICS } from '../../../src/domain/metrics/catalogue.ts'
import { standardThresholds } from '../../../src/domain/thresholds/threshold-standard.ts'
import { listImpossible, listUnmatched } from '../../../src/domain/thresholds/unmatched.ts'

const impossible = (...patterns: string[]) => listImpossible(patterns.map((metric) => ({ metric })))

test.each([
  ['perf.filesytem.*.percent.used', 'perf.filesystem.*.percent.used'],
  ['perf.memory.percent.use', 'perf.memory.percent.used'],
  ['perf.procesor.percent.used', 'perf.processor.percent.used'],
  ['perf.service.nginx.status', 'perf.service.*.state'],
])('%s can match nothing, and is near to %s', (pattern, near) => {
  expect(impossible(pattern)[0]?.nearest).toContain(near)
})

test('what some machine may have is possible', () => {
  const names = METRICS.map(({ name }) => name.replace(/<[a-z]+>/g, 'a.b'))
  const patterns = METRICS.map(({ name }) => name.replace(/<[a-z]+>/g, '*'))
  const others = [
    '*',
    'perf.*',
    'perf.filesystem.*',
    'perf.filesystem.dev.sda?.percent.used',
    '*.percent.used',
    'PERF.Memory.percent.used',
    'perf.text.anything',
    'perf.*.state',
    'perf.check.shop.value.a.b',
  ]
  const standard = standardThresholds({ processors: 4 }).map(({ metric }) => metric)
  expect(impossible(...names, ...patterns, ...others, ...standard)).toEqual([])
})

test('of what is possible, a host may have nothing', () => {
  const metrics = ['perf.filesystem.dev.sda1.percent.used', 'perf.memory.percent.used']
  expect(
    listUnmatched(
      [
        { metric: 'perf.filesystem.*' },
        { metric: 'perf.filesystem.dev.sdb1.percent.used' },
        { metric: 'perf.filesystem.dev.sdb1.percent.used' },
        { metric: 'completely.different' },
      ],
      metrics,
    ),
  ).toEqual([
    {
      pattern: 'perf.filesystem.dev.sdb1.percent.used',
      nearest: ['perf.filesystem.dev.sda1.percent.used'],
    },
    { pattern: 'completely.different', nearest: [] },
  ])
})

test('patterns full of wildcards cost little', () => {
  const from = performance.now()
  impossible('*?'.repeat(120), '*'.repeat(250), `${'*a'.repeat(120)}b`)
  expect(performance.now() - from).toBeLessThan(1000)
})

test('an agent is given no threshold of what only the other system has', () => {
  const names = (platform?: string) =>
    standardThresholds({ processors: 1, ...(platform !== undefined && { platform }) }).map(
      ({ metric }) => metric,
    )
  expect(names('Windows')).toContain('perf.memory.percent.used')
  expect(names('Windows')).toContain('perf.system.reboot.state')
  expect(names('Windows')).not.toContain('perf.raid.*.state')
  expect(names('Windows')).toContain('perf.services.stopped')
  expect(names('Linux')).not.toContain('perf.services.stopped')
  expect(new Set([...names('Linux'), ...names('Windows')])).toEqual(new Set(names()))
})
