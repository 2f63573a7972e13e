import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMANDS } from '../../../src/cli/commands/index.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { METRICS } from '../../../src/domain/metrics/catalogue.ts'
import type { Access } from '../../../src/domain/users/user.ts'
import { WITHOUT_SETTINGS } from '../../../src/events/channels/index.ts'
import { createNotifier } from '../../../src/events/notifier.ts'
import { parseAddressRange } from '../../../src/lib/address-range.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Log } from '../../../src/lib/log.ts'
import { describeCommand, listSections } from '../../../src/roles/site/site-info.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { startWebsite } from '../../../src/web/server.ts'
import { aMachine } from '../../config/machine.ts'
import { type SeedOptions, seedStore } from '../../support/seed.ts'
import { seedSettings } from '../../support/seed-settings.ts'

export const USER = 'admin'
export const PASSWORD = 'correct horse battery'

export type SeededWebsite = {
  readonly origin: string
  readonly store: Store
  /** The warnings and errors of the log. */
  readonly complaints: readonly string[]
  /** A further user, with the password of all of them. */
  addUser(name: string, access: Access): Promise<void>
  close(): Promise<void>
}

export type SeededWebsiteOptions = Omit<SeedOptions, 'now'> & {
  readonly serverName?: string
  readonly settings?: boolean
  readonly basePath?: string
}

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
  async function addUser(name: string, access: Access) {
    await store.users.add(name, access, hash, systemClock.now())
  }
  await addUser(USER, 'admin')
  await addUser('viewer', 'viewer')
  if (options.settings) await seedSettings(store, systemClock.now())
  const notifier = createNotifier({
    allowAddresses: ['127.0.0.1'].flatMap((range) => parseAddressRange(range) ?? []),
    settings: { ...WITHOUT_SETTINGS, ...loadConfig({}, aMachine({})).config },
    machine: 'monitor.example.org',
    zone: 'UTC',
    webUrl: null,
    makeId: () => crypto.randomUUID(),
    clock: systemClock,
    log,
  })
  const website = await startWebsite({
    address: '127.0.0.1',
    port: 0,
    sessionExpiry: 3600,
    basePath: options.basePath ?? '',
    silence: 300,
    serverName: options.serverName ?? 'db01',
    version: 'test',
    store,
    clock: systemClock,
    log,
    notifier,
    zone: 'UTC',
    findAgentDoor: () => ({
      port: 8889,
      fingerprint: '5f3a0e0b3c1a7d1cbb0f4c5d1b7a9f60a9cf1d0f8d5b0a7c3e2f1a0b9c8d7e6f',
    }),
    about: {
      sections: listSections(),
      commands: COMMANDS.map(describeCommand),
      metrics: METRICS,
      licences: [{ name: 'uplot', version: '1.6.32', licence: 'MIT', text: 'The MIT License (MIT)' }],
      licence: 'Apache-2.0',
      enrolment: {
        readPassphrase: () => 'a passphrase of the tests',
        plainPort: 8888,
        takesPassphrase: true,
      },
      retention: { samples: 400 * 86_400, events: 400 * 86_400, hosts: 400 * 86_400 },
      readFreeBytes: () => 75e9,
    },
    onPasswordChanged: async () => {},
  })
  return {
    origin: `http://127.0.0.1:${website.port}`,
    store,
    complaints,
    addUser,
    async close() {
      await website.stop()
      notifier.close()
      await store.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
