import { describe, expect, test } from 'bun:test'
import { MAX_MOUNT_POINT, MAX_MOUNTS } from '../../../src/domain/hosts/host.ts'
import { MAX_METRIC_NAME } from '../../../src/domain/sample.ts'
import { TEXT_BOUNDS } from '../../../src/domain/text-bounds.ts'
import {
  MAX_REPORTED_DURATION,
  MAX_REPORTED_THRESHOLDS,
} from '../../../src/domain/thresholds/reported-threshold.ts'
import { type ReceivedBatch, readBatch } from '../../../src/protocol/batch.ts'
import { MetricSetTable } from '../../../src/protocol/metric-set-table.ts'
import { NameLists } from '../../../src/protocol/names.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { MIDNIGHT } from '../reports.ts'
import { openEach } from './open-each.ts'
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
        mounts: Object.fromEntries(
          Array.from({ length: MAX_MOUNTS + more }, (_, i) => {
            const name = fill(letter, MAX_METRIC_NAME - 6) + String(100 + i)
            return [name, `/${fill(letter, MAX_MOUNT_POINT - 2)}${more === 0 ? '' : 'much too long'}`]
          }),
        ),
        thresholds: Array.from({ length: MAX_REPORTED_THRESHOLDS + more }, () => ({
          metric: fill(letter, MAX_METRIC_NAME - 2) + (more === 0 ? '.*' : ''),
          ...{ severity: 4, compare: '>=', value: Number.MAX_VALUE, duration: MAX_REPORTED_DURATION },
          ...{ clearAfter: MAX_REPORTED_DURATION, clearValue: -Number.MAX_VALUE, isStandard: true },
        })),
      },
      queue: {
        id: 'q'.repeat(TEXT_BOUNDS.agent_queue.name + more),
        run: 'r'.repeat(TEXT_BOUNDS.agent_run.run + more),
        uptime: Number.MAX_SAFE_INTEGER,
      },
      numbers: Number.MAX_SAFE_INTEGER - 1,
      eventNumbers: [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      waiting: Number.MAX_SAFE_INTEGER - 1,
      lost: [[1, Number.MAX_SAFE_INTEGER - 2, 'size', 0, MIDNIGHT, Number.MAX_SAFE_INTEGER]],
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
          value: Number.MAX_VALUE,
          processes: Array.from({ length: 10 + more }, () => ({
            ...{ id: Number.MAX_SAFE_INTEGER, name: fill(letter, 64 + 2 * more) },
            ...{ processor: Number.MAX_SAFE_INTEGER, memory: Number.MAX_SAFE_INTEGER },
          })),
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
    let store: Store

    openEach(makeWorkbench, (opened) => {
      store = opened.store
    })

    async function write({ host, facts, frames, events, queue, numbers }: ReceivedBatch) {
      const agent = queue === null ? null : { ...queue, started: MIDNIGHT }
      const about = { seen: MIDNIGHT, clockSkew: 0x7fffffff, keyHash: 'k'.repeat(64) }
      const refused = await store.ingest.write([
        { host, facts, frames, events, queue: agent, numbers, ...about },
      ])
      expect(refused.size).toBe(0)
      const { name: _, groups, ...found } = (await store.hosts.find(host)) ?? { name: '', groups: [] }
      return { ...found, groups }
    }

    test.each(LETTERS)(
      'the longest legal value of every field is held as it is, of the letter %s',
      async (letter) => {
        const batch = aBatch(letter, 0)
        expect(batch.refused.total).toBe(0)
        if (batch.facts === null) throw new Error('no facts')
        const { thresholds, ...facts } = batch.facts
        expect(Object.keys(facts.mounts ?? {})).toHaveLength(MAX_MOUNTS)
        expect(thresholds).toHaveLength(MAX_REPORTED_THRESHOLDS)
        expect(await write(batch)).toMatchObject({ ...facts, clockSkew: 0x7fffffff })
        expect(await store.hosts.thresholds(batch.host)).toEqual([...(thresholds ?? [])])
        await store.dataAudit.settle(MIDNIGHT)
        const [audit] = await store.dataAudit.audit(batch.host)
        expect(audit?.present).toBe(2)
        expect(await store.hosts.metrics(batch.host)).toHaveLength(2)
        const { events } = await store.events.list({})
        const event = events.find(({ metric }) => metric === fill(letter, TEXT_BOUNDS.event.metric))
        const processes = (event && (await store.events.processes(event.id))) ?? []
        expect(event).toMatchObject({
          metric: fill(letter, TEXT_BOUNDS.event.metric),
          message: fill(letter, TEXT_BOUNDS.event.message),
          value: Number.MAX_VALUE,
        })
        expect(processes.map(({ name }) => name)).toEqual(Array(10).fill(fill(letter, 64)))
      },
    )

    test.each(LETTERS)(
      'the shortest illegal one is refused or cut before it gets there, of the letter %s',
      async (letter) => {
        const batch = aBatch(letter, letter.length)
        // Left out: five facts, an event, the value under a name that is too long, the thresholds beyond the bound,
        // and an invalid group and queue.
        expect(batch.refused.total).toBe(7 + letter.length)
        expect(batch.queue).toBeNull()
        expect(Object.keys(batch.facts?.mounts ?? {})).toHaveLength(MAX_MOUNTS)
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
