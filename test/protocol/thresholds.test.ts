import { describe, expect, test } from 'bun:test'
import type { HostFacts } from '../../src/domain/hosts/host.ts'
import { MAX_REPORTED_THRESHOLDS, reportThresholds } from '../../src/domain/thresholds/reported-threshold.ts'
import { standardThresholds } from '../../src/domain/thresholds/threshold-standard.ts'
import { type ReceivedBatch, readBatch } from '../../src/protocol/batch.ts'
import { encodeBatch } from '../../src/protocol/encode.ts'
import { readLegacyHead } from '../../src/protocol/legacy/legacy.ts'
import { MetricSetTable } from '../../src/protocol/metric-set-table.ts'
import { NameLists } from '../../src/protocol/names.ts'

const NOW = 1_795_349_220
const FACTS: HostFacts = {
  ip: '10.0.0.5',
  platform: 'Linux',
  build: 'Debian 12',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memoryMb: 7976,
}
const ONE = { metric: 'perf.memory.percent.used', severity: 2, compare: '>', value: 95, duration: 900 }
const READ_ONE = { ...ONE, clearAfter: null, clearValue: null, isStandard: false }

function read(thresholds: unknown): ReceivedBatch {
  const fields = { v: 1, id: 1, host: 'web01', facts: { ...FACTS, thresholds } }
  return readBatch(JSON.parse(JSON.stringify(fields)), new MetricSetTable(), new NameLists(), NOW)
}

describe('the thresholds that an agent reports', () => {
  test('arrive as they were reported, in their order', () => {
    const configured = { ...READ_ONE, severity: 1, compare: '<=', clearAfter: 300, clearValue: 97.5 } as const
    const { isStandard: _, ...threshold } = configured
    const reported = reportThresholds([threshold], standardThresholds({ processors: 4 }))
    const batch = { id: 1, host: 'web01', facts: { ...FACTS, thresholds: reported } }
    const line = JSON.stringify({ v: 1, ...batch })
    const received = readBatch(JSON.parse(line), new MetricSetTable(), new NameLists(), NOW)
    expect(received.facts?.thresholds).toEqual(reported)
    expect(received.facts?.thresholds?.[0]).toEqual(configured)
    expect(received.facts?.thresholds?.filter(({ isStandard }) => isStandard)).toHaveLength(
      reported.length - 1,
    )
    expect(received.refused.total).toBe(0)
  })

  test.each([[undefined], [null]])('are not reported when they are %j', (thresholds) => {
    const { facts, refused } = read(thresholds)
    expect(facts).toEqual(FACTS)
    expect(refused.total).toBe(0)
  })

  test('may be none at all', () => {
    expect(read([]).facts?.thresholds).toEqual([])
  })

  test.each([['all'], [{}], [7], [true]])(
    'are refused, and the facts taken, when they are %j',
    (thresholds) => {
      const { facts, refused } = read(thresholds)
      expect(facts).toEqual(FACTS)
      expect([...refused.counts]).toEqual([['threshold', 1]])
    },
  )

  test.each([
    ['a text', 'perf.memory'],
    ['nothing', null],
    ['a list', [ONE]],
    ['without a metric', { ...ONE, metric: undefined }],
    ['of a metric that is a number', { ...ONE, metric: 7 }],
    ['of an empty metric', { ...ONE, metric: '' }],
    ['of markup', { ...ONE, metric: '<script>alert(1)</script>' }],
    ['of a metric with spaces', { ...ONE, metric: 'perf memory' }],
    ['of a metric with a line end', { ...ONE, metric: 'perf.memory\n' }],
    ['of a metric that is too long', { ...ONE, metric: 'm'.repeat(256) }],
    ['of severity 0', { ...ONE, severity: 0 }],
    ['of severity 5', { ...ONE, severity: 5 }],
    ['of a severity that is text', { ...ONE, severity: '2' }],
    ['that compares by nothing', { ...ONE, compare: undefined }],
    ['that compares oddly', { ...ONE, compare: '=>' }],
    ['that compares by a member of every object', { ...ONE, compare: 'constructor' }],
    ['without a value', { ...ONE, value: undefined }],
    ['of no finite value', { ...ONE, value: '1e999' }],
    ['without a duration', { ...ONE, duration: undefined }],
    ['of a negative duration', { ...ONE, duration: -1 }],
    ['of half a second', { ...ONE, duration: 0.5 }],
    ['of more than a year', { ...ONE, duration: 1e9 }],
    ['that clears after a text', { ...ONE, clearAfter: 'soon' }],
    ['that clears at a text', { ...ONE, clearValue: 'low' }],
    ['that is standard by a text', { ...ONE, isStandard: 'yes' }],
  ])('leave one out that is %s, and count it', (_, bad) => {
    const { facts, refused } = read([ONE, bad, { ...ONE, severity: 1 }])
    expect(facts?.thresholds).toEqual([READ_ONE, { ...READ_ONE, severity: 1 }] as object[] as never)
    expect([...refused.counts]).toEqual([['threshold', 1]])
    expect(refused.reason).toBe('a threshold is not one')
  })

  test('take patterns, numbers in texts, and names of 255 characters; what they have besides is dropped', () => {
    const { facts, refused } = read([
      { ...ONE, metric: 'perf.*.percent.use?', value: '95.5', more: { deep: [1] } },
      { ...ONE, metric: `é${'m'.repeat(254)}` },
    ])
    expect(facts?.thresholds?.[0]).toEqual({
      ...READ_ONE,
      metric: 'perf.*.percent.use?',
      value: 95.5,
    } as never)
    expect(facts?.thresholds?.[1]?.metric).toHaveLength(255)
    expect(refused.total).toBe(0)
  })

  test('are bounded in number; the rest is counted', () => {
    const { facts, refused } = read(Array.from({ length: MAX_REPORTED_THRESHOLDS + 40 }, () => ONE))
    expect(facts?.thresholds).toHaveLength(MAX_REPORTED_THRESHOLDS)
    expect(refused.counts.get('threshold')).toBe(40)
    const many = Array.from({ length: 900 }, () => READ_ONE as never)
    expect(reportThresholds(many, many)).toHaveLength(MAX_REPORTED_THRESHOLDS)
  })

  test('do not come in packets of the original', () => {
    const packet = { ...FACTS, name: 'web01', passphrase: 'x', thresholds: [ONE] }
    expect(readLegacyHead(packet, NOW).facts).not.toHaveProperty('thresholds')
  })

  test('leave the usual greeting below a kilobyte', () => {
    const thresholds = reportThresholds([], standardThresholds({ processors: 4 }))
    const batch = {
      id: 1,
      host: 'web01',
      facts: { ...FACTS, thresholds },
      metrics: [],
      frames: [],
      events: [],
    }
    expect(encodeBatch(batch, 0, false).length).toBeLessThan(1024)
  })
})
