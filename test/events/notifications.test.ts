import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { SendError } from '../../src/events/channels/channel.ts'
import { aChange, type Harness, METRIC, openHarness } from './harness.ts'

let harness: Harness

beforeEach(async () => {
  harness = await openHarness()
})
afterEach(() => harness.close())

const AVAILABILITY = 'perf.system.availability.seconds'
const hosts = (count: number) => Array.from({ length: count }, (_, i) => `web${String(i).padStart(2, '0')}`)

/** Reports from some hosts, one a minute for `minutes` minutes. */
async function live(names: readonly string[], minutes: number) {
  for (let i = 0; i < minutes; i++) {
    for (const name of names) await harness.say(name)
    await harness.wait(60)
  }
}

describe('what happens to an event', () => {
  test('is notified once for each rule that matches, and its closing only where its opening was notified', async () => {
    await harness.addRule({ target: 'http://a' })
    await harness.addRule({ target: 'http://b', severities: [1] })
    await harness.addRule({ target: 'http://c', host: 'db%' })
    await harness.addRule({ target: 'http://d', delay: 300 })
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(30)
    await harness.say('web01', aChange(harness.now(), 2))
    await harness.wait(1000)
    expect(harness.sent.map(({ target, kind }) => `${target} ${kind}`)).toEqual([
      'http://a opening',
      'http://a closing',
    ])
  })

  test('goes to each recipient of a mail by itself, and to the address of a named target', async () => {
    await harness.store.targets.add({
      name: 'ops',
      channel: 'mail',
      address: 'ann@example.org, bob@example.org',
    })
    await harness.addRule({ channel: 'mail', target: 'ops' })
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(10)
    expect(harness.sent.map(({ target }) => target).sort()).toEqual(['ann@example.org', 'bob@example.org'])
    expect(new Set(harness.sent.map(({ id }) => id)).size).toBe(2)
  })

  test('escalates when it is still open and not acknowledged, and repeats until it is', async () => {
    await harness.addRule({ delay: 300, repeat: 600 })
    await harness.start()
    const began = harness.now()
    await harness.say('web01', aChange(began, 1))
    await harness.wait(1600)
    expect(harness.sent.map(({ kind, at }) => [kind, at - began])).toEqual([
      ['opening', 300],
      ['repeat', 900],
      ['repeat', 1500],
    ])
    await harness.store.events.acknowledge(1, 'ann', harness.now(), 'on it')
    await harness.wait(3000)
    expect(harness.sent).toHaveLength(3)
    await harness.say('web01', aChange(harness.now(), 2))
    await harness.wait(10)
    expect(harness.sent.at(-1)?.kind).toBe('closing')
  })

  test('that was acknowledged in time is not escalated', async () => {
    await harness.addRule({ delay: 300 })
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(20)
    await harness.store.events.acknowledge(1, 'ann', harness.now())
    await harness.wait(2000)
    await harness.say('web01', aChange(harness.now(), 2))
    await harness.wait(100)
    expect(harness.sent).toEqual([])
  })

  test('from a time when the server was down is notified unless it was over within the delay of the rule', async () => {
    await harness.addRule({ target: 'http://now' })
    await harness.addRule({ target: 'http://later', delay: 300 })
    await harness.start()
    const then = harness.now() - 7200
    await harness.say('web01', aChange(then, 1), aChange(then + 60, 2))
    await harness.wait(1000)
    expect(harness.sent.map(({ target, kind }) => `${target} ${kind}`)).toEqual([
      'http://now opening',
      'http://now closing',
    ])
    await harness.say('web02', aChange(then, 1), aChange(then + 600, 2))
    await harness.wait(1000)
    expect(harness.sent.filter(({ target }) => target === 'http://later')).toHaveLength(2)
  })

  test('is notified at once when the clock of the agent is ahead', async () => {
    await harness.addRule()
    await harness.start()
    await harness.say('web01', aChange(harness.now() + 3600, 1))
    await harness.wait(20)
    expect(harness.notified()).toEqual(['opening web01 2'])
  })

  test('in a maintenance window is notified when the window ends, if it is still open', async () => {
    const start = harness.now()
    await harness.store.maintenanceWindows.add({
      name: 'patches',
      host: 'web%',
      when: { kind: 'once', from: start, to: start + 3600 },
    })
    await harness.addRule()
    await harness.start()
    await harness.say('web01', aChange(start, 1))
    await harness.say('web02', aChange(start, 1))
    await harness.say('db01', aChange(start, 1))
    await harness.wait(600)
    await harness.say('web02', aChange(harness.now(), 2))
    await harness.wait(4000)
    expect(harness.notified()).toEqual(['opening db01 2', 'opening web01 2'])
    expect(harness.sent[1]?.at).toBe(start + 3600)
  })

  test('that was closed by hand is notified too, and stays closed while the agent still sees the problem', async () => {
    await harness.addRule()
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(10)
    await harness.store.events.close(1, 'ann', harness.now(), 'known')
    await harness.say('web01', aChange(harness.now(), 3, { severity: 1 }))
    await harness.wait(10)
    expect(harness.notified()).toEqual(['opening web01 2', 'closing web01 2'])
    await harness.say('web01', aChange(harness.now(), 4))
    await harness.say('web01', aChange(harness.now(), 1, { uid: 'u2' }))
    await harness.wait(10)
    expect(harness.notified()).toHaveLength(3)
  })

  test('of a host that is removed is closed for the targets that were notified', async () => {
    await harness.addRule()
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(10)
    await harness.store.hosts.delete('web01')
    await harness.wait(10)
    expect(harness.notified()).toEqual(['opening web01 2', 'closing web01 2'])
    expect(await harness.store.maintenance.check()).toEqual([])
  })
})

describe('a receiver that is away', () => {
  test('gets everything in order when it is back, and keeps no other receiver waiting', async () => {
    await harness.addRule({ metric: METRIC, target: 'http://a' })
    await harness.addRule({ metric: METRIC, target: 'http://b' })
    harness.away.add('http://a')
    await harness.start()
    for (const [i, host] of hosts(3).entries()) {
      await harness.say(host, aChange(harness.now(), 1))
      await harness.wait(600)
      await harness.say(host, aChange(harness.now(), 2))
      await harness.wait(i * 100)
    }
    expect(harness.sent.map(({ target }) => target)).toEqual(Array.from({ length: 6 }, () => 'http://b'))
    harness.away.clear()
    await harness.wait(7200)
    const order = harness.sent.filter(({ target }) => target === 'http://a')
    for (const host of hosts(3))
      expect(order.filter(({ events }) => events[0]?.host === host).map(({ kind }) => kind)).toEqual([
        'opening',
        'closing',
      ])
    const [delivery] = await harness.store.events.deliveries(1)
    expect(delivery?.attempts.length).toBeGreaterThan(2)
    expect(delivery?.attempts.at(-1)).toMatchObject({ isDelivered: true, answer: 'taken' })
  })

  test('gets what waits within a round of taking the first of it, not each at its own next attempt', async () => {
    await harness.addRule({ metric: METRIC, target: 'http://a' })
    harness.away.add('http://a')
    await harness.start()
    for (const host of hosts(4)) {
      await harness.say(host, aChange(harness.now(), 1))
      await harness.wait(700)
    }
    for (const host of hosts(4)) await harness.say(host, aChange(harness.now(), 2))
    await harness.wait(4000)
    harness.away.clear()
    while (harness.sent.length === 0) await harness.wait(10)
    await harness.wait(10)
    expect(harness.sent.map(({ kind }) => String(kind)).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'closing'),
      ...Array.from({ length: 4 }, () => 'opening'),
    ])
  })

  test('gets a digest instead of many single notifications when it is back', async () => {
    await harness.addRule({ metric: METRIC, target: 'http://a' })
    harness.away.add('http://a')
    await harness.start()
    for (const host of hosts(25)) {
      await harness.say(host, aChange(harness.now(), 1))
      await harness.wait(200)
    }
    harness.away.clear()
    while (harness.sent.length === 0) await harness.wait(10)
    await harness.wait(30)
    expect(harness.sent.filter(({ kind }) => kind !== 'digest').length).toBeLessThanOrEqual(11)
    await harness.wait(7200)
    expect(new Set(harness.sent.flatMap(({ events }) => events.map(({ host }) => host))).size).toBe(25)
    expect(harness.sent.flatMap(({ events }) => events)).toHaveLength(25)
  })

  test('for more than a day is given up; one that perhaps took it gets three more attempts, far apart', async () => {
    await harness.close()
    harness = await openHarness({}, 60)
    await harness.addRule({ metric: METRIC, target: 'http://away' })
    await harness.addRule({ metric: METRIC, target: 'http://slow' })
    harness.away.add('http://away')
    harness.refuses.set('http://slow', () => new SendError('no answer', { retry: true, isUncertain: true }))
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    for (let hour = 0; hour < 26; hour++) await harness.wait(3600)
    expect(await harness.store.events.deliveries(1)).toMatchObject([
      { state: 'failed', due: null },
      { state: 'failed', due: null },
    ])
    for (const target of ['http://away', 'http://slow'])
      expect(harness.lines).toContainEqual(
        expect.stringMatching(new RegExp(`notification failed, no further attempts.*${target}`)),
      )
    const tries = harness.tries.filter(({ target }) => target === 'http://slow')
    expect(tries).toHaveLength(4)
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1)
  })

  test('and an engine that dies after the receiver said yes: the next one sends the same id again', async () => {
    await harness.addRule()
    await harness.start()
    // The first engine never gets the answer.
    harness.onSent(() => new Promise(() => {}))
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(10)
    await harness.stop()
    harness.onSent(async () => {})
    await harness.start()
    await harness.wait(60)
    expect(harness.sent.map(({ id }) => id)).toEqual([harness.sent[0]?.id ?? '', harness.sent[0]?.id ?? ''])
    expect((await harness.store.events.deliveries(1))[0]?.state).toBe('sent')
  })

  test('and that id stays, even if so many notifications have come meanwhile that they become a digest', async () => {
    await harness.addRule()
    await harness.start()
    harness.onSent(() => new Promise(() => {}))
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(10)
    await harness.stop()
    harness.onSent(async () => {})
    for (const host of hosts(30)) if (host !== 'web01') await harness.say(host, aChange(harness.now(), 1))
    await harness.start()
    await harness.wait(200)
    const ofFirst = harness.sent.filter(({ events }) => events.some(({ host }) => host === 'web01'))
    expect(ofFirst.map(({ id }) => id)).toEqual([harness.sent[0]?.id ?? '', harness.sent[0]?.id ?? ''])
    expect(harness.sent.map(({ kind }) => kind)).toEqual(['opening', 'opening', 'digest'])
  })

  test('keeps no other target waiting while its answer takes minutes', async () => {
    await harness.addRule({ metric: METRIC, target: 'http://slow' })
    await harness.addRule({ metric: METRIC, target: 'http://quick' })
    const answer = Promise.withResolvers<void>()
    harness.onSent(({ target }) => (target === 'http://slow' ? answer.promise : Promise.resolve()))
    await harness.start()
    for (const host of hosts(3)) {
      await harness.say(host, aChange(harness.now(), 1))
      // One cycle and a margin: as long as it takes without the slow target.
      await harness.wait(12)
    }
    expect(harness.sent.filter(({ target }) => target === 'http://quick')).toHaveLength(3)
    expect(harness.sent.filter(({ target }) => target === 'http://slow')).toHaveLength(1)
    answer.resolve()
    await harness.wait(60)
    expect(harness.sent.filter(({ target }) => target === 'http://slow')).toHaveLength(3)
  })

  test.each([8, 70])('keeps a further one waiting for some seconds when %d of them hang', async (count) => {
    const hanging = Promise.withResolvers<void>()
    for (let i = 0; i < count; i++) await harness.addRule({ metric: METRIC, target: `http://slow${i}` })
    await harness.addRule({ metric: METRIC, target: 'http://quick' })
    harness.onSent(({ target }) => (target === 'http://quick' ? Promise.resolve() : hanging.promise))
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(40)
    const isSent = harness.sent.some(({ target }) => target === 'http://quick')
    // Of seventy not all can be under way: there the end of one of them lets the next one in.
    expect(isSent).toBe(count === 8)
    if (count > 8) expect(new Set(harness.sent.map(({ target }) => target)).size).toBeLessThanOrEqual(64)
    hanging.resolve()
    await harness.wait(60)
    expect(harness.sent.filter(({ target }) => target === 'http://quick')).toHaveLength(1)
  })

  test('takes shorter digests only: they are split until they fit, and nothing is lost', async () => {
    await harness.addRule({ metric: METRIC })
    harness.refuses.set('http://127.0.0.1/hook', ({ events }) =>
      events.length > 6 ? new SendError('413', { retry: true, isTooLarge: true }) : null,
    )
    for (const host of hosts(40)) await harness.say(host, aChange(harness.now(), 1))
    await harness.start()
    await harness.wait(600)
    const notified = harness.sent.flatMap(({ events }) => events.map(({ host }) => host))
    expect(notified.sort()).toEqual([...hosts(40)].sort())
    expect(Math.max(...harness.sent.map(({ events }) => events.length))).toBeLessThanOrEqual(6)
  })

  test('for a quarter of an hour opens an event, which another channel reports and which closes when it works again', async () => {
    await harness.addRule({ metric: METRIC })
    await harness.addRule({ metric: 'perf.notification.%', channel: 'mail', target: 'ann@example.org' })
    harness.away.add('http://127.0.0.1/hook')
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(600)
    expect(harness.sent).toEqual([])
    await harness.wait(600)
    expect(harness.notified()).toEqual(['opening monitor 2'])
    expect(harness.sent[0]?.events[0]?.message).toMatch(
      /^Notifications by webhook to http:\/\/127\.0\.0\.1\/… have failed for 1[5-9] minutes$/,
    )
    harness.away.clear()
    await harness.wait(3600)
    expect(harness.notified()).toEqual(['opening monitor 2', 'opening web01 2', 'closing monitor 2'])
  })
})

describe('many notifications at once', () => {
  test('become one digest for each target, and none is lost', async () => {
    await harness.addRule()
    await harness.start()
    for (const host of hosts(30)) await harness.say(host, aChange(harness.now(), 1))
    await harness.wait(10)
    expect(harness.sent).toHaveLength(1)
    expect(harness.sent[0]).toMatchObject({ kind: 'digest', link: 'https://monitor.example.org/events' })
    expect(harness.sent[0]?.events).toHaveLength(30)
    await harness.wait(120)
    for (const host of hosts(30)) await harness.say(host, aChange(harness.now(), 2))
    await harness.wait(120)
    expect(harness.sent.flatMap(({ events }) => events)).toHaveLength(60)
    expect(harness.sent).toHaveLength(2)
    for (const { state } of await harness.store.events.deliveries(7)) expect(state).toBe('sent')
  })

  test('are sent again as the same digest after a failure', async () => {
    await harness.addRule()
    harness.away.add('http://127.0.0.1/hook')
    await harness.start()
    for (const host of hosts(12)) await harness.say(host, aChange(harness.now(), 1))
    await harness.wait(15)
    harness.away.clear()
    await harness.wait(60)
    const [first] = harness.tries
    expect(harness.sent).toHaveLength(1)
    expect(harness.sent[0]?.id).toBe(first?.id ?? '')
    expect(harness.sent[0]?.words).toEqual(first?.words ?? { subject: '', text: '', details: '', html: '' })
  })
})

describe('hosts that fall silent', () => {
  beforeEach(async () => {
    await harness.close()
    harness = await openHarness({ check: 300 })
  })

  test('one host: an event that closes with its next packet', async () => {
    await harness.addRule()
    await harness.start()
    const all = hosts(4)
    await live(all, 5)
    await live(all.slice(1), 7)
    expect(harness.notified()).toEqual(['opening web00 1'])
    await live(all, 1)
    expect(harness.notified()).toEqual(['opening web00 1', 'closing web00 1'])
    const [event] = (await harness.store.events.list({})).events
    expect(event).toMatchObject({ metric: AVAILABILITY, status: 'closed' })
  })

  test('after a restart of the server the silence of every host is counted from the restart', async () => {
    await harness.addRule()
    await harness.start()
    await live(hosts(2), 2)
    await harness.stop()
    await harness.wait(3600)
    await harness.start()
    await harness.wait(290)
    expect(harness.sent).toEqual([])
    await harness.wait(30)
    expect(harness.notified()).toEqual(['opening web00 1', 'opening web01 1'])
  })

  test('forty at once: one event and one notification, for rules of single hosts too', async () => {
    await harness.addRule({ target: 'http://all' })
    await harness.addRule({ target: 'http://web07', host: 'web07' })
    await harness.start()
    const all = hosts(40)
    await live(all, 3)
    await harness.wait(400)
    expect(
      harness.sent.map(({ target, kind, events }) => `${target} ${kind} ${events[0]?.host}`).sort(),
    ).toEqual(['http://all opening 40 hosts', 'http://web07 opening 40 hosts'])
    expect(harness.sent[0]?.words.text).toStartWith('No data from 40 hosts (web00')
    expect((await harness.store.events.list({ host: 'web07', status: 'open' })).total).toBe(1)
    await live(all, 1)
    await harness.wait(20)
    expect(harness.sent.slice(2).map(({ kind }) => kind)).toEqual(['closing', 'closing'])
    expect((await harness.store.events.list({ status: 'open' })).total).toBe(0)
    expect(await harness.store.maintenance.check()).toEqual([])
  })

  test('forty at once, one of which stays silent: that one gets an event of its own', async () => {
    await harness.addRule()
    await harness.start()
    const all = hosts(40)
    await live(all, 3)
    await harness.wait(400)
    await live(all.slice(1), 8)
    expect(harness.notified()).toEqual(['opening 40 hosts 1', 'closing 40 hosts 1', 'opening web00 1'])
  })

  test('an event closed by hand stays closed while the silence lasts, and the next silence is notified again', async () => {
    await harness.addRule()
    await harness.start()
    const all = hosts(4)
    await live(all, 2)
    await live(all.slice(1), 7)
    await harness.store.events.close(1, 'ann', harness.now())
    await live(all.slice(1), 10)
    expect(harness.notified()).toEqual(['opening web00 1', 'closing web00 1'])
    await live(all, 2)
    await live(all.slice(1), 7)
    expect(harness.notified()).toHaveLength(3)
  })

  test('a clock that differs opens an event, and closes it when it is put right', async () => {
    await harness.addRule()
    await harness.start()
    const tell = (skew: number) =>
      harness.store.ingest.write([
        { host: 'web00', facts: null, seen: harness.now(), clockSkew: skew, frames: [], events: [] },
      ])
    for (const skew of [100, 121, 119, 121, -20]) {
      await tell(skew)
      await harness.wait(60)
    }
    expect(harness.notified()).toEqual(['opening web00 3', 'closing web00 3'])
    expect(harness.sent[0]?.words.text).toContain('The clock of web00 is 121 seconds ahead of the server')
  })
})

describe('two engines on one database', () => {
  test('send everything once; the second takes over when the first is gone', async () => {
    await harness.addRule()
    await harness.start()
    const { takeLease } = harness.store.watch
    expect(await takeLease('events', 'another', harness.now(), 30)).toBe(false)
    await harness.wait(20)
    expect(await takeLease('events', 'another', harness.now(), 30)).toBe(false)
    await harness.stop()
    expect(await takeLease('events', 'another', harness.now(), 30)).toBe(true)
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(20)
    expect(harness.sent).toEqual([])
    await harness.wait(30)
    expect(harness.notified()).toEqual(['opening web01 2'])
    expect(harness.sent[0]?.events[0]?.metric).toBe(METRIC)
  })
})

describe('a rule that changes while an event is open', () => {
  const HOOK = 'http://127.0.0.1/hook'
  const texts = () =>
    harness.sent.map(({ kind, target, words }) => `${kind} ${target} ${words.text.match(/already/)}`)
  const rule = async () => {
    const [found] = await harness.store.rules.list()
    if (found === undefined) throw new Error('there is no rule')
    return found
  }

  test('notifies it once, marked as already open, when it was added', async () => {
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.say('web02', aChange(harness.now(), 1))
    await harness.wait(60)
    await harness.addRule({ host: 'web01' })
    await harness.wait(60)
    expect(texts()).toEqual([`opening ${HOOK} already`])
    expect(harness.sent[0]?.events[0]?.host).toBe('web01')
    await harness.restart()
    await harness.wait(60)
    await harness.say('web01', aChange(harness.now(), 2))
    await harness.wait(20)
    expect(texts()).toEqual([`opening ${HOOK} already`, `closing ${HOOK} null`])
  })

  test('or enabled, or widened in hosts or severities, and not what it has notified before', async () => {
    await harness.addRule({ enabled: false, host: 'web01', severities: [1] })
    await harness.start()
    for (const host of ['web01', 'web02']) await harness.say(host, aChange(harness.now(), 1))
    await harness.wait(60)
    await harness.store.rules.update({ ...(await rule()), enabled: true })
    await harness.wait(60)
    expect(texts()).toEqual([])
    await harness.store.rules.update({ ...(await rule()), severities: [1, 2] })
    await harness.wait(60)
    expect(texts()).toEqual([`opening ${HOOK} already`])
    await harness.store.rules.update({ ...(await rule()), host: 'web%' })
    await harness.wait(60)
    expect(harness.notified()).toEqual(['opening web01 2', 'opening web02 2'])
    await harness.store.rules.update({ ...(await rule()), enabled: false })
    await harness.wait(60)
    await harness.store.rules.update({ ...(await rule()), enabled: true })
    await harness.wait(60)
    expect(harness.notified()).toEqual(['opening web01 2', 'opening web02 2'])
  })

  test('or given another target, which gets the closing too', async () => {
    await harness.addRule({})
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(60)
    await harness.store.rules.update({ ...(await rule()), target: 'http://127.0.0.1/other' })
    await harness.wait(60)
    await harness.say('web01', aChange(harness.now(), 2))
    await harness.wait(60)
    expect(texts()).toEqual([
      `opening ${HOOK} null`,
      'opening http://127.0.0.1/other already',
      'closing http://127.0.0.1/other null',
    ])
  })

  test('does so when its delay is over, and not during a maintenance window', async () => {
    await harness.start()
    await harness.say('web01', aChange(harness.now(), 1))
    await harness.wait(100)
    await harness.addRule({ delay: 600 })
    await harness.wait(400)
    expect(texts()).toEqual([])
    await harness.wait(120)
    expect(harness.notified()).toEqual(['opening web01 2'])
  })
})

test('after a start of the server a rule with a delay waits for the agents', async () => {
  await harness.addRule({ delay: 300 })
  await harness.start()
  await harness.say('web01', aChange(harness.now(), 1))
  await harness.say('web02', aChange(harness.now(), 1))
  await harness.wait(100)
  await harness.stop()
  await harness.clock.advance(3600_000)
  await harness.start()
  await harness.wait(60)
  // It ended while the server was down, and its agent says so a minute later.
  await harness.say('web01', aChange(harness.now() - 1800, 2))
  await harness.wait(120)
  expect(harness.notified()).toEqual(['opening web02 2'])
})
