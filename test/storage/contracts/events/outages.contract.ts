import { describe, expect, test } from 'bun:test'
import type { EventReport } from '../../../../src/domain/event.ts'
import { AVAILABILITY } from '../../../../src/domain/metrics/declared/server-events.ts'
import type { KnownSpan, Store } from '../../../../src/storage/ports/store.ts'
import { randomOf } from '../../random.ts'
import { aReport, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

/** The outages of a period, which availability is counted by. */
export function describeOutages(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let store: Store

    openEach(makeWorkbench, (opened) => {
      store = opened.store
    })

    const at = (minute: number) => MIDNIGHT + minute * 60
    const aChange = (uid: string, minute: number, status: 'open' | 'closed'): EventReport => ({
      uid,
      change: status === 'open' ? 1 : 2,
      time: at(minute),
      metric: AVAILABILITY.name,
      severity: 1,
      status,
      message: 'no data',
    })
    const seen = (host: string, minute: number) => store.ingest.write([aReport(host, { seen: at(minute) })])
    const say = (host: string, ...reports: EventReport[]) => store.events.report(host, reports)
    /** More hosts than are read one by one. */
    const others = Array.from({ length: 20 }, (_, i) => ({
      name: `other${i}`,
      firstSeen: 0,
      lastSeen: at(0),
    }))
    const listOf = async (spans: readonly KnownSpan[], from: number, to: number) =>
      Object.fromEntries(
        [...(await store.events.listOutages(spans, at(from), at(to)))]
          .map(([host, outages]): [string, string[]] => [
            host,
            outages
              .map(
                (one) => `${(one.from - MIDNIGHT) / 60}-${one.to === null ? '' : (one.to - MIDNIGHT) / 60}`,
              )
              .sort(),
          ])
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    /** Few hosts are read one by one, many along the time: both must find the same. */
    const list = async (from: number, to: number) => {
      const spans = await store.hosts.listSpans()
      const found = await listOf(spans, from, to)
      expect(await listOf([...spans, ...others], from, to)).toEqual(found)
      return found
    }

    test('are those that touch it, of one host or of several', async () => {
      for (const host of ['a', 'b', 'c', 'd']) await seen(host, 1000)
      await say('a', aChange('1', 10, 'open'), aChange('1', 20, 'closed'))
      await say('a', aChange('2', 30, 'open'), aChange('2', 45, 'closed'))
      await say('a', aChange('3', 80, 'open'))
      await say('b', aChange('4', 5, 'open'), aChange('4', 95, 'closed'))
      const group = aChange('5', 50, 'open')
      await store.watch.report([{ host: null, members: ['c', 'd', 'gone'], report: group }], at(50))
      const over = aChange('5', 60, 'closed')
      await store.watch.report([{ host: null, members: ['c', 'd', 'gone'], report: over }], at(60))
      await say('d', { ...aChange('6', 55, 'open'), metric: 'perf.other' })
      expect(await list(40, 70)).toEqual({ a: ['30-45'], b: ['5-95'], c: ['50-60'], d: ['50-60'] })
      expect(await list(40, 90)).toMatchObject({ a: ['30-45', '80-'] })
      expect(await list(61, 62)).toEqual({ b: ['5-95'] })
      expect(await list(0, 4)).toEqual({})
    })

    test('are not over for a host that was not seen since, whoever closed the event', async () => {
      await seen('a', 5)
      await seen('b', 15)
      for (const host of ['a', 'b']) await say(host, aChange('1', 10, 'open'), aChange('1', 20, 'closed'))
      expect(await list(100, 200)).toEqual({ a: ['10-'] })
      expect(await list(12, 18)).toEqual({ a: ['10-'], b: ['10-20'] })
    })

    test('are those that a look at each event finds, for whatever period', async () => {
      const next = randomOf(0x0a7)
      const minute = (most: number) => Math.floor(next() * most)
      for (const [host, last] of [
        ['a', 900],
        ['b', 300],
        ['c', 150],
      ] as const) {
        await seen(host, last)
        for (let i = 0; i < 80; i++) {
          const opened = minute(600)
          // Some have no length at all, as those whose end nobody knows.
          const closed = opened + Math.max(0, minute(45) - 5)
          const metric = i % 4 === 0 ? 'perf.other' : AVAILABILITY.name
          await say(
            host,
            { ...aChange(`${host}${i}`, opened, 'open'), metric },
            { ...aChange(`${host}${i}`, closed, 'closed'), metric },
          )
        }
        await say(host, aChange(`${host}-open`, minute(600), 'open'))
      }
      const group = { host: null, members: ['b', 'c'] }
      await store.watch.report([{ ...group, report: aChange('g', 200, 'open') }], at(200))
      await store.watch.report([{ ...group, report: aChange('g', 260, 'closed') }], at(260))
      const { events } = await store.events.list({ metric: AVAILABILITY.name, limit: 1000 })
      expect(events.length).toBe(3 * 61 + 1)
      const spans = await store.hosts.listSpans()
      const find = (name: string, lastSeen: number, from: number, to: number) =>
        events
          .filter(
            ({ host, members, opened }) => (host === name || members.includes(name)) && opened <= at(to),
          )
          .map(({ opened, closed }) => ({ opened, closed: lastSeen < opened ? null : closed }))
          .filter(({ closed }) => closed === null || closed >= at(from))
          .map(({ opened, closed }) => {
            const end = closed === null ? '' : (closed - MIDNIGHT) / 60
            return `${(opened - MIDNIGHT) / 60}-${end}`
          })
          .sort()
      for (let i = 0; i < 40; i++) {
        const from = minute(700)
        const to = from + minute(200)
        const found = spans.map(({ name, lastSeen }) => [name, find(name, lastSeen, from, to)] as const)
        expect(await list(from, to)).toEqual(Object.fromEntries(found.filter(([, { length }]) => length > 0)))
      }
    })

    test('are all of them, also when they are more than one statement reads', async () => {
      await seen('a', 100_000)
      const reports = Array.from({ length: 2100 }, (_, i) => [
        aChange(`u${i}`, 10 + (i % 7), 'open'),
        aChange(`u${i}`, 10 + (i % 7) + 1, 'closed'),
      ])
      await say('a', ...reports.flat())
      expect((await list(10, 20)).a).toHaveLength(2100)
    })
  })
}
