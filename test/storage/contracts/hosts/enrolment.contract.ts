import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { KEY_MISMATCH } from '../../../../src/domain/metrics/declared/server-events.ts'
import type { Redemption, Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { aFrame, aReport, FACTS, MIDNIGHT } from '../../reports.ts'
import type { Workbench } from '../store.contract.ts'

const MINE = 'a'.repeat(64)
const THEIRS = 'b'.repeat(64)
const CODE = 'c'.repeat(64)

/** How new hosts join, in every database. */
export function describeEnrolment(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let store: Store
    const stores: Store[] = []

    beforeEach(async () => {
      bench = makeWorkbench()
      store = await open()
    })
    afterEach(async () => {
      for (const one of stores.splice(0)) await one.close()
      await bench.remove()
    })

    async function open(newHosts: 'accept' | 'approve' = 'accept') {
      const opened = await bench.open(fakeClock(MIDNIGHT * 1000), { newHosts })
      stores.push(opened)
      return opened
    }
    const aCode = (changes = {}) => ({
      codeHash: CODE,
      host: null,
      created: MIDNIGHT,
      expires: MIDNIGHT + 3600,
      uses: 1,
      actor: 'root',
      ...changes,
    })
    const redeem = (host: string, keyHash: string, changes: Partial<Redemption> = {}) =>
      store.enrolment.redeem({
        codeHash: CODE,
        host,
        keyHash,
        address: '10.0.0.9',
        now: MIDNIGHT,
        ...changes,
      })

    test('a code makes as many hosts as it has uses, each of them known by its key from then on', async () => {
      await store.enrolment.addCode(aCode({ uses: 2 }))
      expect(await redeem('web01', MINE)).toBe('enrolled')
      expect(await store.enrolment.isKeyOf(['web01'], MINE)).toBe(true)
      expect(await store.enrolment.isKeyOf(['web01'], THEIRS)).toBe(false)
      expect(await store.enrolment.isKeyOf(['web02'], MINE)).toBe(false)
      // A machine whose name has changed is known by the one it had.
      expect(await store.enrolment.isKeyOf(['web02', 'web01'], MINE)).toBe(true)
      expect((await store.enrolment.listCodes(MIDNIGHT)).map(({ uses }) => uses)).toEqual([1])
      expect(await redeem('web02', THEIRS)).toBe('enrolled')
      expect(await redeem('web03', MINE)).toBe('invalid')
      expect(await store.enrolment.listCodes(MIDNIGHT)).toEqual([])
      expect((await store.audit.list({})).entries).toMatchObject([
        { actor: 'web02', way: 'agent', address: '10.0.0.9', action: 'enrol host' },
        { actor: 'web01', detail: expect.stringContaining('root') },
      ])
    })

    test('asking once more, because the answer was lost, costs no use and needs no code', async () => {
      await store.enrolment.addCode(aCode({ uses: 2 }))
      for (let i = 0; i < 3; i++) expect(await redeem('web01', MINE)).toBe('enrolled')
      expect((await store.enrolment.listCodes(MIDNIGHT)).map(({ uses }) => uses)).toEqual([1])
      expect(await redeem('web01', MINE, { codeHash: THEIRS })).toBe('enrolled')
    })

    test('of many that use one code at a time exactly one joins', async () => {
      await store.enrolment.addCode(aCode())
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, i) => redeem(`web0${i}`, String(i).repeat(64))),
      )
      expect(all.filter((one) => one === 'enrolled')).toHaveLength(1)
      expect((await store.hosts.list({ upSince: 0 })).total).toBe(1)
    })

    test('a code that is over, revoked, unknown or for another host lets nobody in', async () => {
      const id = await store.enrolment.addCode(aCode({ host: 'web01' }))
      expect(await redeem('web02', MINE)).toBe('invalid')
      expect(await redeem('web01', MINE, { now: MIDNIGHT + 3600 })).toBe('invalid')
      expect(await redeem('web01', MINE, { codeHash: THEIRS })).toBe('invalid')
      expect(await store.enrolment.revokeCode(id)).toBe(true)
      expect(await store.enrolment.revokeCode(id)).toBe(false)
      expect(await redeem('web01', MINE)).toBe('invalid')
      expect(await store.hosts.find('web01')).toBeNull()
    })

    test('a name in use is not given away, unless it was released or the code was made for it', async () => {
      await store.ingest.write([aReport('web01', { keyHash: MINE }), aReport('old01', { keyHash: null })])
      await store.enrolment.addCode(aCode({ uses: 5 }))
      expect(await redeem('web01', THEIRS)).toBe('taken')
      expect(await redeem('old01', THEIRS)).toBe('taken')
      await store.hosts.releaseName('old01', MIDNIGHT)
      expect(await redeem('old01', THEIRS)).toBe('enrolled')

      expect((await store.ingest.write([aReport('web01', { keyHash: THEIRS })])).size).toBe(1)
      await store.enrolment.addCode(aCode({ codeHash: 'd'.repeat(64), host: 'web01' }))
      expect(await redeem('web01', THEIRS, { codeHash: 'd'.repeat(64) })).toBe('enrolled')
      // The writer remembers the key that was: it has to forget it.
      expect((await store.ingest.write([aReport('web01', { keyHash: MINE })])).size).toBe(1)
      expect((await store.ingest.write([aReport('web01', { keyHash: THEIRS })])).size).toBe(0)
      const { events } = await store.events.list({ metric: KEY_MISMATCH.name, status: 'closed' })
      expect(events).toHaveLength(1)
    })

    test('a new host waits for approval where that is asked for, and brings nothing before it', async () => {
      store = await open('approve')
      const frames = [aFrame(MIDNIGHT, { 'perf.test': 1 })]
      const first = aReport('web01', { keyHash: MINE, frames })
      expect([...(await store.ingest.write([first])).values()]).toEqual(['waiting'])
      // Another one with the same name does not take the place of the first.
      expect((await store.ingest.write([aReport('web01', { keyHash: THEIRS })])).size).toBe(1)
      expect(await store.hosts.find('web01')).toBeNull()
      const { total, hosts } = await store.enrolment.listWaiting(10)
      expect(total).toBe(1)
      expect(hosts).toEqual([
        {
          name: 'web01',
          ip: FACTS.ip,
          build: FACTS.build,
          firstSeen: MIDNIGHT,
          lastSeen: MIDNIGHT,
          hasKey: true,
        },
      ])
      expect(await store.enrolment.approve('web01', MIDNIGHT)).toBe(true)
      expect(await store.enrolment.approve('web01', MIDNIGHT)).toBe(false)
      expect((await store.ingest.write([aReport('web01', { keyHash: THEIRS })])).size).toBe(1)
      expect((await store.ingest.write([first])).size).toBe(0)
      expect((await store.hosts.find('web01'))?.latest).toEqual({ 'perf.test': 1 })
      expect(await store.enrolment.listWaiting(10)).toEqual({ total: 0, hosts: [] })
    })

    test('a host that was refused is not listed again, and may be approved all the same', async () => {
      store = await open('approve')
      await store.ingest.write([aReport('web01', { keyHash: null })])
      expect(await store.enrolment.refuse('web01')).toBe(true)
      expect(await store.enrolment.refuse('web01')).toBe(false)
      const again = aReport('web01', { keyHash: null, seen: MIDNIGHT + 600 })
      expect((await store.ingest.write([again])).get(again)).toBe('waiting')
      expect(await store.enrolment.listWaiting(10)).toEqual({ total: 0, hosts: [] })
      expect(await store.enrolment.approve('web01', MIDNIGHT)).toBe(true)
      expect((await store.ingest.write([again])).size).toBe(0)
      expect(await store.enrolment.refuse('nobody')).toBe(false)
    })

    test('who joins by a code waits for nobody, and hosts that were there go on', async () => {
      await store.ingest.write([aReport('web01', { keyHash: MINE })])
      store = await open('approve')
      expect((await store.ingest.write([aReport('web01', { keyHash: MINE })])).size).toBe(0)
      await store.ingest.write([aReport('web02', { keyHash: MINE })])
      await store.enrolment.addCode(aCode())
      expect(await redeem('web02', MINE)).toBe('enrolled')
      expect((await store.ingest.write([aReport('web02', { keyHash: MINE })])).size).toBe(0)
      expect(await store.enrolment.listWaiting(10)).toEqual({ total: 0, hosts: [] })
    })

    test('those that wait are bounded: the one that was silent for longest is forgotten', async () => {
      store = await open('approve')
      const reports = Array.from({ length: 1001 }, (_, i) =>
        aReport(`web${i}`, { keyHash: MINE, seen: MIDNIGHT + (i === 500 ? 0 : i + 1) }),
      )
      await store.ingest.write(reports)
      const { total, hosts } = await store.enrolment.listWaiting(2000)
      expect([total, hosts.length, hosts.some(({ name: host }) => host === 'web500')]).toEqual([
        1000,
        1000,
        false,
      ])
    })
  })
}
