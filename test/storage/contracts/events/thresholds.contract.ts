import { describe, expect, test } from 'bun:test'
import {
  type ReportedThreshold,
  reportThresholds,
} from '../../../../src/domain/thresholds/reported-threshold.ts'
import { standardThresholds } from '../../../../src/domain/thresholds/threshold-standard.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { aReport, FACTS, MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

const STANDARD = reportThresholds([], standardThresholds(FACTS))
const OWN: ReportedThreshold = {
  metric: 'perf.filesystem.*.percent.used',
  severity: 2,
  compare: '>=',
  value: 97.5,
  duration: 0,
  clearAfter: 300,
  clearValue: 93,
  isStandard: false,
}

/** What every database must do with the thresholds that agents report. */
export function describeThresholds(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let store: Store

    const tell = (host: string, thresholds?: readonly ReportedThreshold[], to = store) =>
      to.ingest.write([aReport(host, { facts: thresholds === undefined ? FACTS : { ...FACTS, thresholds } })])

    openEach(makeWorkbench, (opened) => {
      ;({ bench, store } = opened)
    })

    test('are kept as they were reported, host by host', async () => {
      await tell('web01', [OWN, ...STANDARD])
      await tell('web02', [])
      await tell('old01')
      expect(await store.hosts.thresholds('web01')).toEqual([OWN, ...STANDARD])
      expect(await store.hosts.thresholds('web02')).toEqual([])
      expect(await store.hosts.thresholds('old01')).toBeNull()
      expect(await store.hosts.thresholds('nobody')).toBeNull()
    })

    test('are replaced by others, kept by packets without facts, and removed when the agent reports none', async () => {
      await tell('web01', STANDARD)
      await tell('web01', [OWN])
      await store.ingest.write([aReport('web01', { facts: null })])
      expect(await store.hosts.thresholds('web01')).toEqual([OWN])
      await tell('web01')
      expect(await store.hosts.thresholds('web01')).toBeNull()
      await tell('web01', STANDARD)
      expect(await store.hosts.thresholds('web01')).toEqual(STANDARD)
    })

    test('are removed even by an engine that opened the database later and never received them', async () => {
      await tell('web01', STANDARD)
      await store.close()
      store = await bench.open(fakeClock(MIDNIGHT * 1000))
      await tell('web01')
      expect(await store.hosts.thresholds('web01')).toBeNull()
    })

    test('are right although the agent reported others to another engine meanwhile', async () => {
      const other = await bench.open(fakeClock(MIDNIGHT * 1000))
      await tell('web01', STANDARD)
      await tell('web01', [OWN], other)
      await tell('web01', STANDARD)
      expect(await store.hosts.thresholds('web01')).toEqual(STANDARD)
      expect(await other.hosts.thresholds('web01')).toEqual(STANDARD)
      await other.close()
    })

    test('go with their host when it is renamed or deleted', async () => {
      await tell('web01', [OWN])
      await store.hosts.rename('web01', 'web09')
      expect(await store.hosts.thresholds('web01')).toBeNull()
      expect(await store.hosts.thresholds('web09')).toEqual([OWN])
      await store.hosts.delete('web09')
      expect(await store.maintenance.check()).toEqual([])
      await tell('web09')
      expect(await store.hosts.thresholds('web09')).toBeNull()
    })

    test('are one list for all hosts that report the same, and each its own otherwise', async () => {
      await tell('web01', STANDARD)
      await tell('web02', [...STANDARD])
      const first = await store.hosts.thresholds('web01')
      expect(await store.hosts.thresholds('web02')).toBe(first)
      const lists = Array.from({ length: 20 }, (_, i) => [{ ...OWN, value: 50 + i }])
      for (const [i, list] of lists.entries()) await tell(`own${i}`, list)
      for (let round = 0; round < 2; round++)
        for (const [i, list] of lists.entries()) expect(await store.hosts.thresholds(`own${i}`)).toEqual(list)
      expect(await store.hosts.thresholds('web01')).toEqual(STANDARD)
      await tell('web01', [OWN])
      expect(await store.hosts.thresholds('web01')).toEqual([OWN])
      expect(await store.hosts.thresholds('web02')).toEqual(STANDARD)
    })

    test('are not stored for a host whose name belongs to another key', async () => {
      await store.ingest.write([
        aReport('web01', { keyHash: 'a'.repeat(64), facts: { ...FACTS, thresholds: [OWN] } }),
      ])
      await store.ingest.write([
        aReport('web01', { keyHash: 'b'.repeat(64), facts: { ...FACTS, thresholds: STANDARD } }),
      ])
      expect(await store.hosts.thresholds('web01')).toEqual([OWN])
    })

    test('are stored up to the largest number that can be reported, with the longest names', async () => {
      const many = Array.from({ length: 500 }, (_, i) => ({ ...OWN, metric: `${'é'.repeat(250)}${i}` }))
      await tell('web01', many)
      expect(await store.hosts.thresholds('web01')).toEqual(many)
    })
  })
}
