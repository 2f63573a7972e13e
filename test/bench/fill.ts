import type { HostFacts } from '../../src/domain/hosts/host.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { HostReport, Store } from '../../src/storage/ports/store.ts'
import { hostName, METRICS, machine } from './data.ts'

const FACTS: HostFacts = {
  ip: '10.0.0.1',
  platform: 'Linux',
  build: 'Debian GNU/Linux 12',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memoryMb: 7976,
}

export const openBenchStore = (folder: string): Promise<Store> =>
  openStore('sqlite:monitor.db', {
    dataDir: folder,
    clock: systemClock,
    log: createLog({ level: 'warn', format: 'text' }),
  })

export type Fill = {
  readonly hosts: number
  /** Seconds since 1970 of the first minute. */
  readonly start: number
  readonly minutes: number
  /** When the hosts were last seen; their status depends on it. */
  readonly seen: number
}

/**
 * Writes the benchmark's machines straight through the store, a host at a time in packets of 250 minutes,
 * compacting as it goes so that the frames never pile up.
 */
export async function fillStore(store: Store, { hosts, start, minutes, seen }: Fill): Promise<void> {
  for (let host = 0; host < hosts; host++) {
    const next = machine(host)
    let reports: HostReport[] = []
    for (let minute = 0; minute < minutes; ) {
      const frames = []
      for (let i = 0; i < 250 && minute < minutes; i++, minute++) {
        frames.push({ time: start + minute * 60, metrics: METRICS, values: next() })
      }
      reports.push({ host: hostName(host), facts: FACTS, seen, clockSkew: 0, frames, events: [] })
      if (reports.length === 8) {
        await store.ingest.write(reports)
        reports = []
      }
    }
    if (reports.length > 0) await store.ingest.write(reports)
    if (minutes * (host % 100) > 400_000 || host % 100 === 99) await compactAll(store)
  }
  await compactAll(store)
}

async function compactAll(store: Store) {
  while ((await store.maintenance.compact(Number.MAX_SAFE_INTEGER, 64)) === 64);
}
