import { describe, expect, test } from 'bun:test'
import {
  CONTAINER_STATUS,
  POOL_STATUS,
  placeOfStatus,
} from '../../../src/domain/metrics/declared/statuses.ts'
import { formatMetricValue } from '../../../src/domain/metrics/metric.ts'
import { describeState } from '../../../src/domain/metrics/state-word.ts'

const container = (status: string) => placeOfStatus(CONTAINER_STATUS, status)
const pool = (status: string) => placeOfStatus(POOL_STATUS, status)

describe('the state of a thing is what it is', () => {
  test.each<[string, number, Record<string, number>, string, boolean]>([
    ['container.api.state', 1, { status: container('running') }, 'Running', true],
    ['container.api.state', 1, { status: container('exited') }, 'Finished', true],
    ['container.api.state', 0, { status: container('exited') }, 'Exited', false],
    ['container.api.state', 0, { status: container('restarting') }, 'Restarting', false],
    ['container.api.state', 0, { status: container('paused') }, 'Paused', false],
    ['container.api.state', 1, { status: container('running'), healthy: 1 }, 'Running', true],
    ['container.api.state', 1, { status: container('running'), healthy: 0 }, 'Unhealthy', false],
    // Its state before the end does not matter then.
    ['container.api.state', 0, { status: container('exited'), healthy: 0 }, 'Exited', false],
    // Agents that do not send the state yet, and a state that only a later engine has.
    ['container.api.state', 1, {}, 'OK', true],
    ['container.api.state', 0, { status: container('hibernating') }, 'Not running', false],
    ['container.api.state', 0, { status: 99 }, 'Not running', false],
    ['pool.tank.state', 1, { status: pool('ONLINE') }, 'Online', true],
    ['pool.tank.state', 0, { status: pool('FAULTED') }, 'Faulted', false],
    ['pool.tank.state', 0, { status: pool('SUSPENDED') }, 'Suspended', false],
    ['pool.tank.state', 0, {}, 'Degraded', false],
    ['raid.md0.state', 1, { 'disks.missing': 0 }, 'Complete', true],
    ['raid.md0.state', 0, { 'disks.missing': 1 }, 'Degraded', false],
    ['raid.md0.state', 0, { 'disks.missing': 2, 'rebuild.percent': 12.6 }, 'Rebuilding', false],
    ['raid.md0.state', 0, { 'disks.missing': 0 }, 'Inactive', false],
    ['service.nginx.state', 0, {}, 'Stopped', false],
    ['check.shop.state', 0, {}, 'Failing', false],
    ['drive.sda.state', 0, {}, 'Failing', false],
  ])('%s %d %p is %s', (metric, value, others, words, isGood) => {
    const thing = metric.replace(/state$/, '')
    const latest = Object.fromEntries(
      Object.entries(others).map(([end, one]) => [`perf.${thing}${end}`, one]),
    )
    expect(describeState(`perf.${metric}`, value, latest)).toEqual({ words, isGood })
  })
})

test('a status is written as its word wherever its value stands', () => {
  expect(formatMetricValue('perf.container.api.status', container('Paused'))).toBe('paused')
  expect(formatMetricValue('perf.pool.tank.status', pool('UNAVAIL'))).toBe('unavail')
  expect(formatMetricValue('perf.container.api.status', 42)).toBe('42')
})
