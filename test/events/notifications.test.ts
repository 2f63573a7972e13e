import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { SendError } from '../../src/events/channels/channel.ts'
import { aChange, METRIC, openWorld, type World } from './harness.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const AVAILABILITY = 'perf.system.availability.seconds'
const hosts = (count: number) => Array.from({ length: count }, (_, i) => `web${String(i).padStart(2, '0')}`)

/** Signs of life of some hosts, every minute for so long. */
async function live(names: readonly string[], minutes: number) {
  for (let i = 0; i < minutes; i++) {
    for (const name of names) await world.say(name)
    await world.wait(60)
  }
}

describe('what happens to an event', () => {
  test('is told once to each rule that it concerns, the closing only to who was told the opening', async () => {
    await world.addRule({ target: 'http://a' })
    await world.addRule({ target: 'http://b', severities: [1] })
    await world.addRule({ target: 'http://c', host: 'db%' })
    await world.addRule({ target: 'http://d', delay: 300 })
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(30)
    await world.say('web01', aChange(world.now(), 2))
    await world.wait(1000)
    expect(world.sent.map(({ target, kind }) => `${target} ${kind}`)).toEqual([
      'http://a opening',
      'http://a closing',
    ])
  })

  test('goes to each recipient of a mail by itself, and to the address of a named target', async () => {
    await world.store.targets.add({
      name: 'ops',
      channel: 'mail',
      address: 'ann@example.org, bob@example.org',
    })
    await world.addRule({ channel: 'mail', target: 'ops' })
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(10)
    expect(world.sent.map(({ target }) => target).sort()).toEqual(['ann@example.org', 'bob@example.org'])
    expect(new Set(world.sent.map(({ id }) => id)).size).toBe(2)
  })

  test('escalates when it is still open and not acknowledged, and repeats until it is', async () => {
    await world.addRule({ delay: 300, repeat: 600 })
    await world.start()
    const began = world.now()
    await world.say('web01', aChange(began, 1))
    await world.wait(1600)
    expect(world.sent.map(({ kind, at }) => [kind, at - began])).toEqual([
      ['opening', 300],
      ['repeat', 900],
      ['repeat', 1500],
    ])
    await world.store.events.acknowledge(1, 'ann', world.now(), 'on it')
    await world.wait(3000)
    expect(world.sent).toHaveLength(3)
    await world.say('web01', aChange(world.now(), 2))
    await world.wait(10)
    expect(world.sent.at(-1)?.kind).toBe('closing')
  })

  test('that was acknowledged in time is not escalated', async () => {
    await world.addRule({ delay: 300 })
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(20)
    await world.store.events.acknowledge(1, 'ann', world.now())
    await world.wait(2000)
    await world.say('web01', aChange(world.now(), 2))
    await world.wait(100)
    expect(world.sent).toEqual([])
  })

  test('of a time when the server was away is told as it was: what was over within the delay is not', async () => {
    await world.addRule({ target: 'http://now' })
    await world.addRule({ target: 'http://later', delay: 300 })
    await world.start()
    const then = world.now() - 7200
    await world.say('web01', aChange(then, 1), aChange(then + 60, 2))
    await world.wait(1000)
    expect(world.sent.map(({ target, kind }) => `${target} ${kind}`)).toEqual([
      'http://now opening',
      'http://now closing',
    ])
    await world.say('web02', aChange(then, 1), aChange(then + 600, 2))
    await world.wait(1000)
    expect(world.sent.filter(({ target }) => target === 'http://later')).toHaveLength(2)
  })

  test('is told at once when the clock of the agent is ahead', async () => {
    await world.addRule()
    await world.start()
    await world.say('web01', aChange(world.now() + 3600, 1))
    await world.wait(20)
    expect(world.notified()).toEqual(['opening web01 2'])
  })

  test('in a maintenance window is told at its end, when it is still open', async () => {
    const start = world.now()
    await world.store.maintenanceWindows.add({
      name: 'patches',
      host: 'web%',
      when: { kind: 'once', from: start, to: start + 3600 },
    })
    await world.addRule()
    await world.start()
    await world.say('web01', aChange(start, 1))
    await world.say('web02', aChange(start, 1))
    await world.say('db01', aChange(start, 1))
    await world.wait(600)
    await world.say('web02', aChange(world.now(), 2))
    await world.wait(4000)
    expect(world.notified()).toEqual(['opening db01 2', 'opening web01 2'])
    expect(world.sent[1]?.at).toBe(start + 3600)
  })

  test('by hand is told too, and stays so while the agent still sees the problem', async () => {
    await world.addRule()
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(10)
    await world.store.events.close(1, 'ann', world.now(), 'known')
    await world.say('web01', aChange(world.now(), 3, { severity: 1 }))
    await world.wait(10)
    expect(world.notified()).toEqual(['opening web01 2', 'closing web01 2'])
    await world.say('web01', aChange(world.now(), 4))
    await world.say('web01', aChange(world.now(), 1, { uid: 'u2' }))
    await world.wait(10)
    expect(world.notified()).toHaveLength(3)
  })

  test('of a host that is removed is over for those who were told', async () => {
    await world.addRule()
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(10)
    await world.store.hosts.delete('web01')
    await world.wait(10)
    expect(world.notified()).toEqual(['opening web01 2', 'closing web01 2'])
    expect(await world.store.maintenance.check()).toEqual([])
  })
})

describe('a receiver that is away', () => {
  test('gets everything in order when it is back, and keeps no other receiver waiting', async () => {
    await world.addRule({ metric: METRIC, target: 'http://a' })
    await world.addRule({ metric: METRIC, target: 'http://b' })
    world.away.add('http://a')
    await world.start()
    for (const [i, host] of hosts(3).entries()) {
      await world.say(host, aChange(world.now(), 1))
      await world.wait(600)
      await world.say(host, aChange(world.now(), 2))
      await world.wait(i * 100)
    }
    expect(world.sent.map(({ target }) => target)).toEqual(Array.from({ length: 6 }, () => 'http://b'))
    world.away.clear()
    await world.wait(7200)
    const order = world.sent.filter(({ target }) => target === 'http://a')
    for (const host of hosts(3))
      expect(order.filter(({ events }) => events[0]?.host === host).map(({ kind }) => kind)).toEqual([
        'opening',
        'closing',
      ])
    const [delivery] = await world.store.events.deliveries(1)
    expect(delivery?.attempts.length).toBeGreaterThan(2)
    expect(delivery?.attempts.at(-1)).toMatchObject({ isDelivered: true, answer: 'taken' })
  })

  test('gets what waits within a round of taking the first of it, not each at its own next attempt', async () => {
    await world.addRule({ metric: METRIC, target: 'http://a' })
    world.away.add('http://a')
    await world.start()
    for (const host of hosts(4)) {
      await world.say(host, aChange(world.now(), 1))
      await world.wait(700)
    }
    for (const host of hosts(4)) await world.say(host, aChange(world.now(), 2))
    await world.wait(4000)
    world.away.clear()
    while (world.sent.length === 0) await world.wait(10)
    await world.wait(10)
    expect(world.sent.map(({ kind }) => String(kind)).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'closing'),
      ...Array.from({ length: 4 }, () => 'opening'),
    ])
  })

  test('gets no storm when it is back', async () => {
    await world.addRule({ metric: METRIC, target: 'http://a' })
    world.away.add('http://a')
    await world.start()
    for (const host of hosts(25)) {
      await world.say(host, aChange(world.now(), 1))
      await world.wait(200)
    }
    world.away.clear()
    while (world.sent.length === 0) await world.wait(10)
    await world.wait(30)
    expect(world.sent.filter(({ kind }) => kind !== 'digest').length).toBeLessThanOrEqual(11)
    await world.wait(7200)
    expect(new Set(world.sent.flatMap(({ events }) => events.map(({ host }) => host))).size).toBe(25)
    expect(world.sent.flatMap(({ events }) => events)).toHaveLength(25)
  })

  test('for more than a day is given up; one that perhaps took it gets three more attempts, far apart', async () => {
    await world.close()
    world = await openWorld({}, 60)
    await world.addRule({ metric: METRIC, target: 'http://away' })
    await world.addRule({ metric: METRIC, target: 'http://slow' })
    world.away.add('http://away')
    world.refuses.set('http://slow', () => new SendError('no answer', { retry: true, isUncertain: true }))
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    for (let hour = 0; hour < 26; hour++) await world.wait(3600)
    expect(await world.store.events.deliveries(1)).toMatchObject([
      { state: 'failed', due: null },
      { state: 'failed', due: null },
    ])
    for (const target of ['http://away', 'http://slow'])
      expect(world.lines).toContainEqual(
        expect.stringMatching(new RegExp(`notification failed, no further attempts.*${target}`)),
      )
    const tries = world.tries.filter(({ target }) => target === 'http://slow')
    expect(tries).toHaveLength(4)
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1)
  })

  test('and an engine that dies after the receiver said yes: the next one sends the same id again', async () => {
    await world.addRule()
    await world.start()
    // The first engine never hears the answer.
    world.onSent(() => new Promise(() => {}))
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(10)
    await world.stop()
    world.onSent(async () => {})
    await world.start()
    await world.wait(60)
    expect(world.sent.map(({ id }) => id)).toEqual([world.sent[0]?.id ?? '', world.sent[0]?.id ?? ''])
    expect((await world.store.events.deliveries(1))[0]?.state).toBe('sent')
  })

  test('and that id stays, though a storm has come meanwhile whose digest would hold it', async () => {
    await world.addRule()
    await world.start()
    world.onSent(() => new Promise(() => {}))
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(10)
    await world.stop()
    world.onSent(async () => {})
    for (const host of hosts(30)) if (host !== 'web01') await world.say(host, aChange(world.now(), 1))
    await world.start()
    await world.wait(200)
    const ofFirst = world.sent.filter(({ events }) => events.some(({ host }) => host === 'web01'))
    expect(ofFirst.map(({ id }) => id)).toEqual([world.sent[0]?.id ?? '', world.sent[0]?.id ?? ''])
    expect(world.sent.map(({ kind }) => kind)).toEqual(['opening', 'opening', 'digest'])
  })

  test('keeps no other target waiting while its answer takes minutes', async () => {
    await world.addRule({ metric: METRIC, target: 'http://slow' })
    await world.addRule({ metric: METRIC, target: 'http://quick' })
    const answer = Promise.withResolvers<void>()
    world.onSent(({ target }) => (target === 'http://slow' ? answer.promise : Promise.resolve()))
    await world.start()
    for (const host of hosts(3)) {
      await world.say(host, aChange(world.now(), 1))
      // A round and a moment, as without the slow one.
      await world.wait(12)
    }
    expect(world.sent.filter(({ target }) => target === 'http://quick')).toHaveLength(3)
    expect(world.sent.filter(({ target }) => target === 'http://slow')).toHaveLength(1)
    answer.resolve()
    await world.wait(60)
    expect(world.sent.filter(({ target }) => target === 'http://slow')).toHaveLength(3)
  })

  test('takes shorter digests only: they are split until they fit, and nothing is lost', async () => {
    await world.addRule({ metric: METRIC })
    world.refuses.set('http://127.0.0.1/hook', ({ events }) =>
      events.length > 6 ? new SendError('413', { retry: true, isTooLarge: true }) : null,
    )
    for (const host of hosts(40)) await world.say(host, aChange(world.now(), 1))
    await world.start()
    await world.wait(600)
    const told = world.sent.flatMap(({ events }) => events.map(({ host }) => host))
    expect(told.sort()).toEqual([...hosts(40)].sort())
    expect(Math.max(...world.sent.map(({ events }) => events.length))).toBeLessThanOrEqual(6)
  })

  test('for a quarter of an hour is an event, told by another channel, that ends when it works again', async () => {
    await world.addRule({ metric: METRIC })
    await world.addRule({ metric: 'perf.notification.%', channel: 'mail', target: 'ann@example.org' })
    world.away.add('http://127.0.0.1/hook')
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(600)
    expect(world.sent).toEqual([])
    await world.wait(600)
    expect(world.notified()).toEqual(['opening monitor 2'])
    expect(world.sent[0]?.events[0]?.message).toMatch(
      /^Notifications by webhook to http:\/\/127\.0\.0\.1\/… have failed for 1[5-9] minutes$/,
    )
    world.away.clear()
    await world.wait(3600)
    expect(world.notified()).toEqual(['opening monitor 2', 'opening web01 2', 'closing monitor 2'])
  })
})

describe('a storm', () => {
  test('becomes one digest a target, and loses nothing', async () => {
    await world.addRule()
    await world.start()
    for (const host of hosts(30)) await world.say(host, aChange(world.now(), 1))
    await world.wait(10)
    expect(world.sent).toHaveLength(1)
    expect(world.sent[0]).toMatchObject({ kind: 'digest', link: 'https://monitor.example.org/events' })
    expect(world.sent[0]?.events).toHaveLength(30)
    await world.wait(120)
    for (const host of hosts(30)) await world.say(host, aChange(world.now(), 2))
    await world.wait(120)
    expect(world.sent.flatMap(({ events }) => events)).toHaveLength(60)
    expect(world.sent).toHaveLength(2)
    for (const { state } of await world.store.events.deliveries(7)) expect(state).toBe('sent')
  })

  test('that failed is sent as the same digest again', async () => {
    await world.addRule()
    world.away.add('http://127.0.0.1/hook')
    await world.start()
    for (const host of hosts(12)) await world.say(host, aChange(world.now(), 1))
    await world.wait(15)
    world.away.clear()
    await world.wait(60)
    const [first] = world.tries
    expect(world.sent).toHaveLength(1)
    expect(world.sent[0]?.id).toBe(first?.id ?? '')
    expect(world.sent[0]?.words).toEqual(first?.words ?? { subject: '', text: '', details: '', html: '' })
  })
})

describe('hosts that fall silent', () => {
  beforeEach(async () => {
    await world.close()
    world = await openWorld({ check: 300 })
  })

  test('one: an event that closes when it is heard again', async () => {
    await world.addRule()
    await world.start()
    const all = hosts(4)
    await live(all, 5)
    await live(all.slice(1), 7)
    expect(world.notified()).toEqual(['opening web00 1'])
    await live(all, 1)
    expect(world.notified()).toEqual(['opening web00 1', 'closing web00 1'])
    const [event] = (await world.store.events.list({})).events
    expect(event).toMatchObject({ metric: AVAILABILITY, status: 'closed' })
  })

  test('after a restart of the server the clock of every host begins anew', async () => {
    await world.addRule()
    await world.start()
    await live(hosts(2), 2)
    await world.stop()
    await world.wait(3600)
    await world.start()
    await world.wait(290)
    expect(world.sent).toEqual([])
    await world.wait(30)
    expect(world.notified()).toEqual(['opening web00 1', 'opening web01 1'])
  })

  test('forty at once: one event, one notice, for rules of single hosts too', async () => {
    await world.addRule({ target: 'http://all' })
    await world.addRule({ target: 'http://web07', host: 'web07' })
    await world.start()
    const all = hosts(40)
    await live(all, 3)
    await world.wait(400)
    expect(
      world.sent.map(({ target, kind, events }) => `${target} ${kind} ${events[0]?.host}`).sort(),
    ).toEqual(['http://all opening 40 hosts', 'http://web07 opening 40 hosts'])
    expect(world.sent[0]?.words.text).toStartWith('No data from 40 hosts (web00')
    expect((await world.store.events.list({ host: 'web07', status: 'open' })).total).toBe(1)
    await live(all, 1)
    await world.wait(20)
    expect(world.sent.slice(2).map(({ kind }) => kind)).toEqual(['closing', 'closing'])
    expect((await world.store.events.list({ status: 'open' })).total).toBe(0)
    expect(await world.store.maintenance.check()).toEqual([])
  })

  test('forty at once of which one stays away: it gets an event of its own', async () => {
    await world.addRule()
    await world.start()
    const all = hosts(40)
    await live(all, 3)
    await world.wait(400)
    await live(all.slice(1), 8)
    expect(world.notified()).toEqual(['opening 40 hosts 1', 'closing 40 hosts 1', 'opening web00 1'])
  })

  test('closed by hand stays closed while the silence lasts, and the next silence is told again', async () => {
    await world.addRule()
    await world.start()
    const all = hosts(4)
    await live(all, 2)
    await live(all.slice(1), 7)
    await world.store.events.close(1, 'ann', world.now())
    await live(all.slice(1), 10)
    expect(world.notified()).toEqual(['opening web00 1', 'closing web00 1'])
    await live(all, 2)
    await live(all.slice(1), 7)
    expect(world.notified()).toHaveLength(3)
  })

  test('a clock that differs opens an event, and closes it when it is put right', async () => {
    await world.addRule()
    await world.start()
    const tell = (skew: number) =>
      world.store.ingest.write([
        { host: 'web00', facts: null, seen: world.now(), clockSkew: skew, frames: [], events: [] },
      ])
    for (const skew of [100, 121, 119, 121, -20]) {
      await tell(skew)
      await world.wait(60)
    }
    expect(world.notified()).toEqual(['opening web00 3', 'closing web00 3'])
    expect(world.sent[0]?.words.text).toContain('The clock of web00 is 121 seconds ahead of the server')
  })
})

describe('two engines on one database', () => {
  test('send everything once; the second takes over when the first is gone', async () => {
    await world.addRule()
    await world.start()
    const { takeLease } = world.store.watch
    expect(await takeLease('events', 'another', world.now(), 30)).toBe(false)
    await world.wait(20)
    expect(await takeLease('events', 'another', world.now(), 30)).toBe(false)
    await world.stop()
    expect(await takeLease('events', 'another', world.now(), 30)).toBe(true)
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(20)
    expect(world.sent).toEqual([])
    await world.wait(30)
    expect(world.notified()).toEqual(['opening web01 2'])
    expect(world.sent[0]?.events[0]?.metric).toBe(METRIC)
  })
})

describe('a rule that changes while an event is open', () => {
  const HOOK = 'http://127.0.0.1/hook'
  const texts = () =>
    world.sent.map(({ kind, target, words }) => `${kind} ${target} ${words.text.match(/already/)}`)
  const rule = async () => {
    const [found] = await world.store.rules.list()
    if (found === undefined) throw new Error('there is no rule')
    return found
  }

  test('notifies it once, marked as already open, when it was added', async () => {
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.say('web02', aChange(world.now(), 1))
    await world.wait(60)
    await world.addRule({ host: 'web01' })
    await world.wait(60)
    expect(texts()).toEqual([`opening ${HOOK} already`])
    expect(world.sent[0]?.events[0]?.host).toBe('web01')
    await world.restart()
    await world.wait(60)
    await world.say('web01', aChange(world.now(), 2))
    await world.wait(20)
    expect(texts()).toEqual([`opening ${HOOK} already`, `closing ${HOOK} null`])
  })

  test('or enabled, or widened in hosts or severities, and not what it has notified before', async () => {
    await world.addRule({ enabled: false, host: 'web01', severities: [1] })
    await world.start()
    for (const host of ['web01', 'web02']) await world.say(host, aChange(world.now(), 1))
    await world.wait(60)
    await world.store.rules.update({ ...(await rule()), enabled: true })
    await world.wait(60)
    expect(texts()).toEqual([])
    await world.store.rules.update({ ...(await rule()), severities: [1, 2] })
    await world.wait(60)
    expect(texts()).toEqual([`opening ${HOOK} already`])
    await world.store.rules.update({ ...(await rule()), host: 'web%' })
    await world.wait(60)
    expect(world.notified()).toEqual(['opening web01 2', 'opening web02 2'])
    await world.store.rules.update({ ...(await rule()), enabled: false })
    await world.wait(60)
    await world.store.rules.update({ ...(await rule()), enabled: true })
    await world.wait(60)
    expect(world.notified()).toEqual(['opening web01 2', 'opening web02 2'])
  })

  test('or given another target, which gets the closing too', async () => {
    await world.addRule({})
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(60)
    await world.store.rules.update({ ...(await rule()), target: 'http://127.0.0.1/other' })
    await world.wait(60)
    await world.say('web01', aChange(world.now(), 2))
    await world.wait(60)
    expect(texts()).toEqual([
      `opening ${HOOK} null`,
      'opening http://127.0.0.1/other already',
      'closing http://127.0.0.1/other null',
    ])
  })

  test('does so when its delay is over, and not during a maintenance window', async () => {
    await world.start()
    await world.say('web01', aChange(world.now(), 1))
    await world.wait(100)
    await world.addRule({ delay: 600 })
    await world.wait(400)
    expect(texts()).toEqual([])
    await world.wait(120)
    expect(world.notified()).toEqual(['opening web01 2'])
  })
})

test('after a start of the server a rule with a delay waits for the agents', async () => {
  await world.addRule({ delay: 300 })
  await world.start()
  await world.say('web01', aChange(world.now(), 1))
  await world.say('web02', aChange(world.now(), 1))
  await world.wait(100)
  await world.stop()
  await world.clock.advance(3600_000)
  await world.start()
  await world.wait(60)
  // It ended while the server was down, and its agent says so a minute later.
  await world.say('web01', aChange(world.now() - 1800, 2))
  await world.wait(120)
  expect(world.notified()).toEqual(['opening web02 2'])
})
