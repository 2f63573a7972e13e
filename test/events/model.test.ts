import { expect, test } from 'bun:test'
import type { EventReport, Severity } from '../../src/domain/event.ts'
import { randomOf } from '../storage/random.ts'
import { type Harness, openHarness } from './harness.ts'

/**
 * Agents whose metrics go wrong and right again at random, over a line that fails, repeats itself and brings
 * things out of order; a server that is stopped and started; people who close, reopen and acknowledge;
 * receivers that are away. Whatever the course of it, the same has to hold.
 */

const HOSTS = ['web01', 'web02']
const METRICS = ['perf.a', 'perf.b', 'perf.c']
const STEPS = 150

type Open = { uid: string; change: number; severity: Severity }

/** An agent's side: what is open there, and what was said and not yet acknowledged. */
function createAgent(host: string, random: () => number) {
  const open = new Map<string, Open>()
  /** Open at the server, as far as the agent once knew, which has lost its state since. */
  const lost = new Set<string>()
  let batches: EventReport[][] = []
  const acknowledged: EventReport[][] = []
  let uids = 0
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]
  const say = (time: number, metric: string, event: Open, status: 'open' | 'closed') => {
    const { uid, change, severity } = event
    batches.push([{ uid, change, time, metric, severity, status, message: `${metric} ${severity}` }])
  }
  return {
    host,
    open,
    lost,
    step(time: number) {
      const metric = pick(METRICS) ?? ''
      const event = open.get(metric)
      const severity = (1 + Math.floor(random() * 4)) as Severity
      if (!event) {
        const opened = { uid: `${host}-${uids++}`, change: 1, severity }
        open.set(metric, opened)
        say(time, metric, opened, 'open')
      } else if (random() < 0.5) {
        Object.assign(event, { change: event.change + 1, severity })
        say(time, metric, event, 'open')
      } else {
        open.delete(metric)
        say(time, metric, { ...event, change: event.change + 1 }, 'closed')
      }
    },
    restartWithoutState() {
      for (const { uid } of open.values()) lost.add(uid)
      open.clear()
    },
    /** Batches in an order of their own, some of them twice, some from long ago. */
    takeBatches(all: boolean): EventReport[][] {
      const sent: EventReport[][] = []
      const left: EventReport[][] = []
      for (const batch of batches) (all || random() < 0.6 ? sent : left).push(batch)
      batches = left
      acknowledged.push(...sent)
      const again = [pick(acknowledged), pick(acknowledged)].filter((one) => one !== undefined)
      return [...sent, ...again].sort(() => random() - 0.5)
    },
  }
}

async function play(harness: Harness, random: () => number) {
  const agents = HOSTS.map((host) => createAgent(host, random))
  /** Those that a person closed while the agent still saw the problem. */
  const closedByHand = new Set<number>()
  const { store } = harness

  async function deliver(all: boolean) {
    for (const agent of agents)
      for (const batch of agent.takeBatches(all)) await harness.say(agent.host, ...batch)
  }

  async function meddle() {
    const { events } = await store.events.list({ status: 'open' })
    const event = events[Math.floor(random() * events.length)]
    const chance = random()
    if (event && chance < 0.4) {
      await store.events.close(event.id, 'ann', harness.now())
      closedByHand.add(event.id)
    } else if (event && chance < 0.7) await store.events.acknowledge(event.id, 'ann', harness.now())
    else
      for (const id of [...closedByHand].slice(0, 1))
        if (await store.events.reopen(id, 'bob', harness.now())) closedByHand.delete(id)
  }

  for (let i = 0; i < STEPS; i++) {
    const chance = random()
    for (const agent of agents) if (random() < 0.7) agent.step(harness.now())
    if (chance < 0.6) await deliver(false)
    else if (chance < 0.64) await harness.restart()
    else if (chance < 0.74) await meddle()
    else if (chance < 0.8) {
      if (!harness.away.delete(TARGET)) harness.away.add(TARGET)
    } else if (chance < 0.82) agents[0]?.restartWithoutState()
    await harness.wait(10 + Math.floor(random() * 100))
    await checkOpen(harness, closedByHand)
  }
  harness.away.clear()
  await deliver(true)
  await harness.wait(4000)
  return { agents, closedByHand }
}

const TARGET = 'http://127.0.0.1/hook'

async function checkOpen({ store }: Harness, closedByHand: ReadonlySet<number>) {
  const { events } = await store.events.list({ status: 'open' })
  const metrics = events.map(({ host, metric }) => `${host} ${metric}`)
  expect(metrics.length).toBe(new Set(metrics).size)
  expect(events.filter(({ id }) => closedByHand.has(id))).toEqual([])
}

/**
 * Of each event: an opening first, closings and reopenings in turn, at most one notified closing for each notified
 * opening.
 */
async function checkHistories(harness: Harness) {
  const { events } = await harness.store.events.list({})
  const notified = new Map<number, string[]>()
  for (const { events: parts, kind } of harness.sent.flatMap(unpack))
    notified.set(parts, [...(notified.get(parts) ?? []), kind])
  for (const { id, status } of events) {
    const turns = (await harness.store.events.history(id))
      .map(({ action }) => action)
      .filter((action) => ['opened', 'closed', 'reopened'].includes(action))
    expect(turns[0]).toBe('opened')
    turns.forEach((action, i) => {
      if (i > 0) expect(action === 'closed').toBe(turns[i - 1] !== 'closed')
    })
    const kinds = notified.get(id) ?? []
    // Openings and closings were notified in turn, and the last one is the present state.
    kinds.forEach((kind, i) => {
      expect(kind).toBe(i % 2 === 0 ? 'open' : 'closed')
    })
    expect(kinds.length).toBeGreaterThan(0)
    expect(kinds.at(-1)).toBe(status)
  }
}

/** A digest shows the events as they were when it was made. */
const unpack = ({ events }: Harness['sent'][number]) =>
  events.map(({ id, status }) => ({ events: id, kind: status }))

for (const seed of [1, 2, 3, 4])
  test(`the server ends in the same state as the agents, and notifies about every change once (seed ${seed})`, async () => {
    const harness = await openHarness({}, 60)
    try {
      await harness.addRule({ target: TARGET })
      await harness.start()
      const { agents, closedByHand } = await play(harness, randomOf(seed))
      await checkOpen(harness, closedByHand)
      await checkHistories(harness)
      for (const { host, open, lost } of agents) {
        const { events } = await harness.store.events.list({ host, status: 'open' })
        const isKept = (id: number) => !closedByHand.has(id)
        const here = new Map(events.map(({ id, metric, severity }) => [metric, { id, severity }]))
        for (const [metric, { severity }] of open) {
          const found = here.get(metric)
          // A person may close the agent's event by hand, and then reopen one of the same metric from before it.
          const isOther = found !== undefined && (await wasReopened(harness, found.id))
          if (found === undefined || (isOther && found.severity !== severity))
            expect(await wasClosedByHand(harness, host, metric, closedByHand)).toBe(true)
          else expect(found.severity).toBe(severity)
          here.delete(metric)
        }
        // What is open here and not there is what the agent has forgotten, or a person has reopened.
        for (const { id } of here.values())
          expect(isKept(id) && (lost.size > 0 || (await wasReopened(harness, id)))).toBe(true)
      }
      expect(await harness.store.maintenance.check()).toEqual([])
    } finally {
      await harness.close()
    }
  }, 60_000)

async function wasClosedByHand({ store }: Harness, host: string, metric: string, ids: ReadonlySet<number>) {
  const { events } = await store.events.list({ host, metric, limit: 1 })
  return events.some(({ id }) => ids.has(id))
}

async function wasReopened({ store }: Harness, id: number) {
  return (await store.events.history(id)).some(({ action }) => action === 'reopened')
}
