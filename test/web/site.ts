import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostFacts } from '../../src/domain/hosts/host.ts'
import type { Access } from '../../src/domain/users/user.ts'
import { hashToken } from '../../src/lib/hash-token.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import type { Store } from '../../src/storage/ports/store.ts'
import { startWebsite } from '../../src/web/server.ts'
import type { WebsiteOptions } from '../../src/web/website-context.ts'
import { type FakeClock, fakeClock } from '../support/clock.ts'

export const PASSWORD = 'correct horse'
export const USERS: Readonly<Record<Access, string>> = { viewer: 'vera', operator: 'olga', admin: 'ada' }
export const SILENCE = 300

export const FACTS: HostFacts = {
  ip: '10.0.0.5',
  platform: 'Linux',
  build: 'Debian 12',
  architecture: '64bit',
  domain: 'example.org',
  processors: 4,
  memoryMb: 7976,
}

/** The least that argon2 takes: tests sign in often. */
export const hashCheaply = (password: string) =>
  Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })

export type TestSite = Awaited<ReturnType<typeof startTestSite>>

/** A website on a free port over a real database in a folder of its own, with a user of each access. */
export async function startTestSite(
  change: (store: Store) => Store = (store) => store,
  more: Partial<WebsiteOptions> = {},
) {
  const dataDir = mkdtempSync(join(tmpdir(), 'monitor-web-'))
  const clock: FakeClock = fakeClock()
  const lines: string[] = []
  const log = createLog({ level: 'debug', format: 'text', write: (line) => lines.push(line) })
  const store = await openStore('sqlite:monitor.db', { dataDir, clock, log })
  const hash = await hashCheaply(PASSWORD)
  for (const [access, name] of Object.entries(USERS))
    await store.users.add(name, access as Access, hash, clock.now())
  const options: WebsiteOptions = {
    address: '127.0.0.1',
    port: 0,
    sessionExpiry: 3600,
    silence: SILENCE,
    serverName: 'web01',
    version: '1.2.3',
    store: change(store),
    clock,
    log,
    notifier: {
      channels: [],
      sendTest: async () => ({ isDelivered: false, answer: 'there is no channel here' }),
    },
    zone: 'UTC',
    hashPassword: hashCheaply,
    ...more,
  }
  const website = await startWebsite(options).catch(async (error: unknown) => {
    await store.close()
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  })
  const base = `http://127.0.0.1:${website.port}`

  const send = (path: string, init: RequestInit = {}) => fetch(base + path, { redirect: 'manual', ...init })

  async function signIn(name: string, password = PASSWORD): Promise<string> {
    const response = await post('/login', { name, password })
    const cookie = response.headers.get('set-cookie')?.split(';')[0]
    if (response.status !== 303 || !cookie) throw new Error(`signing in as ${name} gave ${response.status}`)
    return cookie
  }

  function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
    return send(path, { method: 'POST', body: new URLSearchParams(fields), headers })
  }

  return {
    base,
    dataDir,
    port: website.port,
    /** For another server over the same database. */
    options,
    tlsPort: website.tlsPort,
    store,
    clock,
    lines,
    send,
    post,
    signIn,
    as: async (access: Access) => ({ cookie: await signIn(USERS[access]) }),
    /** The hidden field of the forms on a page. */
    async csrf(cookie: string): Promise<string> {
      const markup = await (await send('/password', { headers: { cookie } })).text()
      return /name="csrf" value="([^"]+)"/.exec(markup)?.[1] ?? ''
    },
    async bearer(access: Access, expires: number | null = null, groups: readonly string[] | null = null) {
      const token = `token-${crypto.randomUUID()}`
      const created = clock.now()
      await store.tokens.add({
        name: 'test',
        user: USERS[access],
        tokenHash: hashToken(token),
        created,
        expires,
        groups,
      })
      return { authorization: `Bearer ${token}` }
    },
    /** Stores values of a host at a time of the agent's clock. */
    async report(host: string, time: number, values: Record<string, number>, facts: Partial<HostFacts> = {}) {
      const frame = { time, metrics: Object.keys(values), values: Object.values(values) }
      const report = {
        host,
        facts: { ...FACTS, ...facts },
        seen: clock.now(),
        clockSkew: 0,
        frames: [frame],
        events: [],
      }
      await store.ingest.write([report])
    },
    stopWebsite: () => website.stop(),
    async stop() {
      await website.stop()
      await store.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
