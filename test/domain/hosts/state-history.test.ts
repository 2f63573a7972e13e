import { describe, expect, test } from 'bun:test'
import type { Severity } from '../../../src/domain/event.ts'
import { describeStates, type OpenPeriod } from '../../../src/domain/hosts/state-history.ts'
import {
  createMaintenanceCalendar,
  type MaintenanceWindow,
} from '../../../src/domain/time/maintenance-window.ts'

const HOUR = 3600
/** 2026-11-29 00:00 UTC, a Sunday. */
const NOW = 1_795_910_400
const FROM = NOW - 24 * HOUR

const at = (hour: number) => FROM + hour * HOUR

function event(
  severity: Severity,
  from: number,
  to: number | null,
  more: Partial<OpenPeriod> = {},
): OpenPeriod {
  return {
    severity,
    opened: at(from),
    closed: to === null ? null : at(to),
    count: 1,
    isSilence: false,
    ...more,
  }
}

const once = (name: string, from: number, to: number, host = 'web01'): MaintenanceWindow => ({
  id: 1,
  name,
  host,
  when: { kind: 'once', from: at(from), to: at(to) },
})

function states(
  times: readonly OpenPeriod[],
  windows: readonly MaintenanceWindow[] = [],
  host: { firstSeen?: number; lastSeen?: number } = {},
) {
  const { runs, maintenance } = describeStates({
    host: { name: 'web01', firstSeen: 0, lastSeen: NOW, ...host },
    times,
    calendar: createMaintenanceCalendar(windows),
    from: FROM,
    to: NOW,
    slots: 24,
  })
  const hours = (time: { from: number; to: number }) =>
    `${(time.from - FROM) / HOUR}-${(time.to - FROM) / HOUR}`
  return {
    runs: runs.map((run) => `${hours(run)} ${run.state} ${run.worst ?? '-'} ${run.count}`),
    maintenance: maintenance.map((run) => `${hours(run)} ${run.names.join('+')}`),
  }
}

describe('the states of a host in slots', () => {
  test.each<[string, readonly OpenPeriod[], { firstSeen?: number; lastSeen?: number }, readonly string[]]>([
    ['nothing happened', [], {}, ['0-24 up - 0']],
    ['one event', [event(2, 3.5, 4.5)], {}, ['0-3 up - 0', '3-5 up 2 1', '5-24 up - 0']],
    [
      'an event that ends with a slot is none of the next',
      [event(3, 3, 4)],
      {},
      ['0-3 up - 0', '3-4 up 3 1', '4-24 up - 0'],
    ],
    [
      'the worst of several',
      [event(3, 1, 3), event(1, 2, 3)],
      {},
      ['0-1 up - 0', '1-2 up 3 1', '2-3 up 1 2', '3-24 up - 0'],
    ],
    ['still open', [event(4, 22, null, { count: 7 })], {}, ['0-22 up - 0', '22-24 up 4 7']],
    ['open before the time', [event(2, -50, null)], {}, ['0-24 up 2 1']],
    ['opened by a clock that is fast', [event(1, 25, null)], {}, ['0-24 up - 0']],
    ['down', [event(1, 5, 7, { isSilence: true })], {}, ['0-5 up - 0', '5-7 down 1 1', '7-24 up - 0']],
    ['first seen within the time', [], { firstSeen: at(10.5) }, ['0-10 new - 0', '10-24 up - 0']],
    [
      'down although somebody closed the event: it was not seen since',
      [event(1, 5, 7, { isSilence: true })],
      { lastSeen: at(4.9) },
      ['0-5 up - 0', '5-7 down 1 1', '7-24 down - 0'],
    ],
  ])('%s', (_name, times, host, expected) => expect(states(times, [], host).runs).toEqual([...expected]))
})

describe('maintenance', () => {
  test.each<[string, readonly MaintenanceWindow[], readonly string[]]>([
    ['none', [], []],
    ['over', [once('kernel', 3, 4.25)], ['3-4.25 kernel']],
    ['holds now', [once('kernel', 23, 30)], ['23-24 kernel']],
    ['from before', [once('kernel', -30, 2)], ['0-2 kernel']],
    ['before and after the time', [once('old', -5, 0), once('next', 24, 25)], []],
    ['of another host', [once('kernel', 3, 4, 'web02')], []],
    ['two that overlap are one time', [once('b', 4, 6), once('a', 3, 5)], ['3-6 a+b']],
    ['two that touch', [once('a', 3, 4), once('b', 4, 5)], ['3-5 a+b']],
    ['two apart', [once('a', 3, 4), once('b', 5, 6)], ['3-4 a', '5-6 b']],
    [
      'each night',
      [{ id: 2, name: 'backup', host: 'web*', when: { kind: 'daily', start: 120, end: 180, zone: 'UTC' } }],
      ['2-3 backup'],
    ],
    [
      'each Sunday, of which none is in the time but its first minute',
      [
        {
          id: 2,
          name: 'sunday',
          host: '%',
          when: { kind: 'weekly', days: [7], start: 0, end: 60, zone: 'UTC' },
        },
      ],
      [],
    ],
  ])('%s', (_name, windows, expected) => expect(states([], windows).maintenance).toEqual([...expected]))

  test('begins with the host, whatever the window covers', () =>
    expect(states([], [once('long', -100, 100)], { firstSeen: at(20) }).maintenance).toEqual(['20-24 long']))

  test('hides neither events nor that it was down', () =>
    expect(states([event(1, 5, 7, { isSilence: true })], [once('kernel', 5, 6)])).toEqual({
      runs: ['0-5 up - 0', '5-7 down 1 1', '7-24 up - 0'],
      maintenance: ['5-6 kernel'],
    }))
})
