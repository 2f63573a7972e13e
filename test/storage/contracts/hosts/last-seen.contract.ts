import { describe, expect, test } from 'bun:test'
import type { HostReport, Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { randomOf } from '../../random.ts'
import { aFrame, aReport, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

/** More hosts than one statement takes. */
const HOSTS = 230
const ROUNDS = 6
const DAY = 86_400

type Expected = { lastSeen: number; clockSkew: number | null; latestTime: number; value: number | null }

/** What every database must know of hosts whose packets are written down together. */
export function describeLastSeen(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    const clock = fakeClock(MIDNIGHT * 1000)
    let bench: Workbench
    let store: Store

    openEach(
      makeWorkbench,
      (opened) => {
        ;({ bench, store } = opened)
      },
      () => clock,
    )

    const read = async () => {
      const found = new Map<string, Expected>()
      for (let i = 0; i < HOSTS; i++) {
        const host = await store.hosts.find(`h${i}`)
        if (host === null) throw new Error(`h${i} is not there`)
        const { lastSeen, clockSkew, latestTime, latest } = host
        found.set(host.name, { lastSeen, clockSkew, latestTime, value: latest.m ?? null })
      }
      return found
    }

    test('each host has the time, clock and newest frame of its own packets, in whatever order they came', async () => {
      const random = randomOf(7)
      const below = (limit: number) => Math.floor(random() * limit)
      const expected = new Map<string, Expected>()
      for (let round = 0; round < ROUNDS; round++) {
        const reports: HostReport[] = []
        for (let i = 0; i < HOSTS; i++) {
          const known = expected.get(`h${i}`)
          // Some packets have no frame, some an older one, and some are older than the last one.
          const seen = MIDNIGHT + round * 60 - (below(4) === 0 ? 90 : 0)
          const time = MIDNIGHT + round * 60 + i - (below(3) === 0 ? 150 : 0)
          const hasFrame = round === 0 || below(3) > 0
          const clockSkew = below(5) === 0 ? null : below(100) - 50
          const value = random()
          reports.push(
            aReport(`h${i}`, { seen, clockSkew, frames: hasFrame ? [aFrame(time, { m: value })] : [] }),
          )
          const isLater = known === undefined || seen >= known.lastSeen
          const isNewest = hasFrame && (known === undefined || time >= known.latestTime)
          expected.set(`h${i}`, {
            lastSeen: isLater ? seen : known.lastSeen,
            clockSkew: isLater ? clockSkew : known.clockSkew,
            latestTime: isNewest ? time : (known?.latestTime ?? 0),
            value: isNewest ? value : (known?.value ?? null),
          })
        }
        await store.ingest.write(reports)
        await clock.advance(60_000)
        expect(await read()).toEqual(expected)
      }
      // What another process finds is what was written.
      await store.close()
      store = await bench.open(clock)
      expect(await read()).toEqual(expected)
    })

    test('times that a clock two days ahead has written give way to the right ones', async () => {
      const hosts = Array.from({ length: HOSTS }, (_, i) => `h${i}`)
      await store.close()
      store = await bench.open(fakeClock((MIDNIGHT + 2 * DAY) * 1000))
      await store.ingest.write(hosts.map((host) => aReport(host, { seen: MIDNIGHT + 2 * DAY, clockSkew: 5 })))
      await store.close()
      store = await bench.open(fakeClock(MIDNIGHT * 1000))
      await store.ingest.write(hosts.map((host) => aReport(host, { seen: MIDNIGHT + 1, clockSkew: 1 })))
      for (const { lastSeen, clockSkew } of (await read()).values())
        expect([lastSeen, clockSkew]).toEqual([MIDNIGHT + 1, 1])
    })
  })
}
