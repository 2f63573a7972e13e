import { randomUUID } from 'node:crypto'
import { startCollectEngine } from '../../../src/collect/engine.ts'
import { EventEngine } from '../../../src/events/cycle.ts'
import type { Retention } from '../../../src/events/task.ts'
import { type Clock, systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openStore } from '../../../src/storage/open.ts'
import { ENGINE_OPTIONS } from '../../events/engine-options.ts'

/** The options of a server whose clock runs faster: see `startClocked`. */
export type ClockedOptions = {
  readonly folder: string
  readonly passphrase: string
  /** Seconds since 1970 at the start, and how many of them pass in one. */
  readonly start: number
  readonly speed: number
  /** Seconds of that clock from one cycle of the event engine to the next. */
  readonly interval: number
  readonly retention: Retention
  /** Seconds of silence after which a host is down. */
  readonly check: number
}

// A process of its own: collect engine, event engine and database as the server has them, on a clock that is made.
// The program that is installed has no way to be handed one.
const options = JSON.parse(process.argv[2] ?? '') as ClockedOptions
const { folder, passphrase, start, speed, interval, retention, check } = options

const begun = performance.now()
const passedMs = () => (performance.now() - begun) * speed
const engineClock: Clock = {
  now: () => Math.floor(start + passedMs() / 1000),
  nowMs: () => start * 1000 + passedMs(),
  monotonicMs: passedMs,
  after: (ms, act) => systemClock.after(ms / speed, act),
}
/** What waits for the other side of a connection, or for the disk, waits for real time. */
const collectClock: Clock = {
  ...engineClock,
  monotonicMs: systemClock.monotonicMs,
  after: systemClock.after,
}

// On this clock everything takes long, which would be a warning each time.
const log = createLog({ level: 'error', format: 'text' })
const store = await openStore('sqlite:monitor.db', { dataDir: folder, clock: collectClock, log })
const collect = await startCollectEngine({
  address: '127.0.0.1',
  port: 0,
  passphrases: [passphrase],
  store: store.ingest,
  dataAudit: store.dataAudit,
  admission: store.enrolment,
  clock: collectClock,
  log,
})
const events = new EventEngine({
  ...ENGINE_OPTIONS,
  // There is no other engine, and a lease of seconds would end within one long statement.
  store: { ...store, watch: { ...store.watch, takeLease: async () => true } },
  interval,
  retention,
  watching: { ...ENGINE_OPTIONS.watching, check },
  holder: randomUUID(),
  clock: engineClock,
  log,
})
process.on('SIGTERM', async () => {
  await events.stop()
  await collect.stop()
  await store.close()
  process.exit(0)
})
console.log(JSON.stringify({ port: collect.port }))
