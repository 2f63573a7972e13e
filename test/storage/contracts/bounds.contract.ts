import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { TEXT_BOUNDS } from '../../../src/domain/text-bounds.ts'
import { MetricSetTable, type ReceivedBatch, readBatch } from '../../../src/protocol/batch.ts'
import { NameLists } from '../../../src/protocol/names.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { MIDNIGHT } from '../reports.ts'
import type { Workbench } from './store.contract.ts'

/**
 * Characters of one, two, three and four bytes; those of four are two code units, in which lengths are
 * counted.
 */
const LETTERS = ['x', 'ß', '語', '𝔸']

const fill = (letter: string, length: number) => letter.repeat(Math.floor(length / letter.length))

/** A batch as an agent sends it, with texts of these lengths besides the bound. */
function aBatch(letter: string, more: number): ReceivedBatch {
  const { host, host_group: group, event } = TEXT_BOUNDS
  const text = (length: number) => fill(letter, length + more)
  const metric = text(event.metric)
  return readBatch(
    {
      id: 1,
      host: fill(letter, host.name),
      facts: {
        ip: text(host.ip),
        platform: text(host.platform),
        build: text(host.build),
        architecture: text(host.architecture),
        domain: text(host.domain),
        processors: Number.MAX_SAFE_INTEGER,
        memoryMb: Number.MAX_SAFE_INTEGER,
        groups: [text(group.name)],
      },
      layout: 0,
      metrics: [metric, 'other'],
      frames: [[MIDNIGHT, Number.MAX_VALUE, -Number.MIN_VALUE]],
      events: [
        {
          uid: 'u'.repeat(event.uid + more),
          change: Number.MAX_SAFE_INTEGER,
          time: MIDNIGHT,
          metric,
          severity: 1,
          status: 'open',
          message: text(event.message),
        },
      ],
    },
    new MetricSetTable(),
    new NameLists(),
    MIDNIGHT,
  )
}

/** Every database must hold whatever the wire lets through: see `TEXT_BOUNDS`. */
export function describeBounds(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let store: Store

    beforeEach(async () => {
      bench = makeWorkbench()
      store = await bench.open(fakeClock(MIDNIGHT * 1000))
    })
    afterEach(async () => {
      await store.close()
      await bench.remove()
    })

    async function write({ host, facts, frames, events }: ReceivedBatch) {
      await store.ingest.write([{ host, facts, frames, events, seen: MIDNIGHT, clockSkew: 0x7fffffff }])
      const { name: _, groups, ...found } = (await store.hosts.find(host)) ?? { name: '', groups: [] }
      return { ...found, groups }
    }

    test.each(LETTERS)(
      'the longest legal value of every field is held as it is, of the letter %s',
      async (letter) => {
        const batch = aBatch(letter, 0)
        expect(batch.refused.total).toBe(0)
        expect(await write(batch)).toMatchObject({ ...batch.facts, clockSkew: 0x7fffffff })
        expect(await store.hosts.metrics(batch.host)).toHaveLength(2)
        const [event] = (await store.events.list({})).events
        expect(event).toMatchObject({
          metric: fill(letter, TEXT_BOUNDS.event.metric),
          message: fill(letter, TEXT_BOUNDS.event.message),
        })
      },
    )

    test.each(LETTERS)(
      'the shortest illegal one is refused or cut before it gets there, of the letter %s',
      async (letter) => {
        const batch = aBatch(letter, letter.length)
        // Five facts, an event, and the value under a name that is too long; a group that is none is left
        // out.
        expect(batch.refused.total).toBe(7)
        expect(await write(batch)).toMatchObject({
          platform: fill(letter, TEXT_BOUNDS.host.platform),
          groups: [],
        })
        expect(await store.hosts.metrics(batch.host)).toEqual(['other'])
      },
    )

    test('an address whose order is longer than itself', async () => {
      const { facts } = aBatch('x', 0)
      if (facts === null) throw new Error('no facts')
      const batch = { ...aBatch('x', 0), facts: { ...facts, ip: '1.'.repeat(32) } }
      expect(await write(batch)).toMatchObject({ ip: '1.'.repeat(32) })
    })
  })
}
