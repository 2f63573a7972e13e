import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import type { Log } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/store.ts'
import { startWebsite } from '../../src/web/app.ts'
import { type SeedOptions, seedStore } from '../support/seed.ts'

export const USER = 'admin'
export const PASSWORD = 'correct horse battery'

export type SeededWebsite = {
  readonly origin: string
  readonly store: Store
  /** What was logged as a warning or an error. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

export type SeededWebsiteOptions = Omit<SeedOptions, 'now'> & { readonly serverName?: string }

/** A website of our own on a free port, over a new database with the data of `seedStore` up to now. */
export async function startSeededWebsite(options: SeededWebsiteOptions): Promise<SeededWebsite> {
  const dataDir = await mkdtemp(join(tmpdir(), 'monitor-browser-'))
  const complaints: string[] = []
  const complain = (message: string, fields?: unknown) =>
    complaints.push(`${message} ${JSON.stringify(fields)}`)
  const log: Log = { debug() {}, info() {}, warn: complain, error: complain }
  const store = await openStore('sqlite:test.db', { dataDir, clock: systemClock, log })
  await seedStore(store, { ...options, now: systemClock.now() })
  // The cheapest parameters: the tests are about pages.
  const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })
  await store.users.add(USER, 'admin', hash, systemClock.now())
  await store.users.add('viewer', 'viewer', hash, systemClock.now())
  const website = await startWebsite({
    address: '127.0.0.1',
    port: 0,
    sessionExpiry: 3600,
    silence: 300,
    serverName: options.serverName ?? 'db01',
    version: 'test',
    store,
    clock: systemClock,
    log,
    notifier: {
      channels: [],
      sendTest: async () => ({ isTaken: false, answer: 'there is no channel here' }),
    },
    zone: 'UTC',
    onPasswordChanged: async () => {},
  })
  return {
    origin: `http://127.0.0.1:${website.port}`,
    store,
    complaints,
    async close() {
      await website.stop()
      await store.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
