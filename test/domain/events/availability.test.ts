import { describe, expect, test } from 'bun:test'
import {
  type AvailabilityState,
  describeGroup,
  describeSilence,
  evaluateAvailability,
  type SilenceGroup,
} from '../../../src/domain/events/availability.ts'

const CHECK = 300

/**
 * A simulation: hosts that report every minute, each at its own second, and an engine that looks every ten.
 */
function simulate(names: string[], since = 0, isGrouping = true) {
  const alive = new Set(names)
  const lastSeen = new Map(names.map((name) => [name, 0]))
  let open = new Map<string, number>()
  let group: SilenceGroup | null = null
  const changes: string[] = []
  return {
    changes,
    die(...hosts: string[]) {
      for (const host of hosts) alive.delete(host)
    },
    wake(...hosts: string[]) {
      for (const host of hosts) alive.add(host)
    },
    state: (): AvailabilityState => ({ open, group }),
    run(from: number, to: number) {
      for (let now = from; now < to; now++) {
        names.forEach((name, i) => {
          if (alive.has(name) && now % 60 === (i * 7) % 60) lastSeen.set(name, now)
        })
        if (now % 10 !== 0) continue
        const hosts = [...lastSeen].map(([name, seen]) => ({ name, lastSeen: seen }))
        const verdict = evaluateAvailability({ hosts, now, since, check: CHECK, isGrouping, open, group })
        for (const { host } of verdict.opening) changes.push(`${now} open ${host}`)
        for (const host of verdict.closing) changes.push(`${now} close ${host}`)
        if (group === null && verdict.group) changes.push(`${now} group of ${verdict.group.members.length}`)
        if (group !== null && !verdict.group) changes.push(`${now} group over`)
        open = new Map(open)
        for (const { host } of verdict.opening) open.set(host, now)
        for (const host of verdict.closing) open.delete(host)
        group = JSON.parse(JSON.stringify(verdict.group)) as SilenceGroup | null
      }
    },
  }
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `h${i}`)

describe('availability', () => {
  test('a host that is silent for the limit opens an event, and closes it with its next packet', () => {
    const w = simulate(names(4))
    w.run(0, 605)
    w.die('h0')
    w.run(605, 2000)
    // Heard last at 600, silent for more than 300 seconds at 910.
    expect(w.changes).toEqual(['910 open h0'])
    w.wake('h0')
    w.run(2000, 2100)
    expect(w.changes).toEqual(['910 open h0', '2040 close h0'])
  })

  test('hosts that fall silent together get an event each when grouping is off', () => {
    const w = simulate(names(5), 0, false)
    w.run(0, 605)
    w.die(...names(5))
    w.run(605, 1000)
    expect(w.changes).toHaveLength(5)
    expect(w.state().group).toBeNull()
  })

  test('after a start the clock of every host begins anew', () => {
    const input = { now: 10_200, since: 10_000, check: CHECK, isGrouping: true, open: new Map(), group: null }
    const hosts = [{ name: 'old', lastSeen: 5 }]
    expect(evaluateAvailability({ ...input, hosts }).opening).toEqual([])
    expect(evaluateAvailability({ ...input, hosts, now: 10_301 }).opening).toEqual([
      { host: 'old', silent: 301 },
    ])
  })

  test('what was open before a start stays open until the host reports', () => {
    const input = {
      now: 10_010,
      since: 10_000,
      check: CHECK,
      isGrouping: true,
      open: new Map([['a', 9000]]),
      group: null,
    }
    expect(evaluateAvailability({ ...input, hosts: [{ name: 'a', lastSeen: 8700 }] }).closing).toEqual([])
    expect(evaluateAvailability({ ...input, hosts: [{ name: 'a', lastSeen: 10_005 }] }).closing).toEqual([
      'a',
    ])
  })

  test('a host that was deleted closes its event', () => {
    const input = {
      now: 10_010,
      since: 0,
      check: CHECK,
      isGrouping: true,
      open: new Map([['gone', 9000]]),
      group: null,
    }
    expect(evaluateAvailability({ ...input, hosts: [] }).closing).toEqual(['gone'])
  })

  test('one host too few for a group speaks for itself', () => {
    const w = simulate(names(3))
    w.run(0, 605)
    w.die('h0', 'h1')
    w.run(605, 1200)
    expect(w.changes.map((line) => line.slice(4))).toEqual(['open h1', 'open h0'])
  })

  test('half of the hosts is not more than half', () => {
    const w = simulate(names(8))
    w.run(0, 605)
    w.die('h0', 'h1', 'h2', 'h3')
    w.run(605, 1200)
    expect(w.changes.length).toBe(4)
    expect(w.changes.every((line) => line.includes('open'))).toBe(true)
  })

  test('forty hosts that die at once are one event, which ends when all are back', () => {
    const w = simulate(names(60))
    w.run(0, 605)
    const dying = names(40)
    w.die(...dying)
    w.run(605, 3000)
    expect(w.changes).toEqual(['850 group of 40'])
    w.wake(...dying)
    w.run(3000, 3200)
    expect(w.changes).toEqual(['850 group of 40', '3060 group over'])
  })

  test('who does not come back with the others gets an event of its own, once', () => {
    const w = simulate(names(10))
    w.run(0, 605)
    w.die(...names(8))
    w.run(605, 3000)
    w.wake('h0', 'h1', 'h2', 'h3', 'h4', 'h5')
    w.run(3000, 5000)
    expect(w.changes.map((line) => line.slice(line.indexOf(' ') + 1))).toEqual([
      'group of 8',
      'open h6',
      'open h7',
      'group over',
    ])
    w.wake('h6', 'h7')
    w.run(5000, 5100)
    expect(w.changes.slice(-2).map((line) => line.slice(5))).toEqual(['close h6', 'close h7'])
  })

  test('a host that dies long after the group speaks for itself', () => {
    const w = simulate(names(10))
    w.run(0, 605)
    w.die(...names(7))
    w.run(605, 3000)
    w.die('h9')
    w.run(3000, 3600)
    expect(w.changes.map((line) => line.slice(line.indexOf(' ') + 1))).toEqual(['group of 7', 'open h9'])
  })

  test('random deaths and returns: each host has exactly one event while it is down', () => {
    let seed = 5
    const random = (n: number) => {
      seed = (seed * 48271) % 2147483647
      return seed % n
    }
    for (let round = 0; round < 20; round++) {
      const all = names(3 + random(12))
      const w = simulate(all)
      let now = 600
      w.run(0, now)
      for (let i = 0; i < 8; i++) {
        for (const host of all) {
          if (random(3) === 0) w.die(host)
          else if (random(2) === 0) w.wake(host)
        }
        w.run(now, now + 1200)
        now += 1200
        const { open, group } = w.state()
        expect([...open.keys()].filter((host) => group?.members.includes(host))).toEqual([])
      }
      w.wake(...all)
      w.run(now, now + 400)
      expect(w.state()).toEqual({ open: new Map(), group: null })
    }
  })

  test('is worded', () => {
    expect(describeSilence('web01', 300)).toBe('web01 has sent no data for 5 minutes')
    expect(describeGroup(names(13))).toBe(
      '13 hosts fell silent at once: h0, h1, h2, h3, h4, h5, h6, h7, h8, h9 and 3 more',
    )
  })
})

test('what a clock that was ahead has opened ends with the next packet', () => {
  const group = { opened: 99_000, members: ['b', 'c', 'd'], returned: null }
  const hosts = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, lastSeen: name === 'd' ? 1000 : 1990 }))
  const verdict = evaluateAvailability({
    hosts,
    now: 2000,
    since: 0,
    check: CHECK,
    isGrouping: true,
    open: new Map([
      ['a', 99_000],
      ['e', 1995],
    ]),
    group,
  })
  expect(verdict.closing).toEqual(['a'])
  expect(verdict.group?.members).toEqual(['d'])
})
