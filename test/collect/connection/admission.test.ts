import { afterEach, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { AdmissionStore, EnrolmentResult, Redemption } from '../../../src/storage/ports/store.ts'
import { Client, NOW, PASSPHRASE, type Rig, startRig, waitFor } from '../harness.ts'

const KEY = 'k'.repeat(32)
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

let rig: Rig | null = null
afterEach(async () => {
  await rig?.engine.stop()
  rig = null
})

/** Knows web01 by KEY and web02 by the key of as many z; can be slow or away. */
class FakeAdmission implements AdmissionStore {
  asked: string[] = []
  redeemed: Redemption[] = []
  result: EnrolmentResult = 'enrolled'
  isAway = false
  #gate: Promise<void> | null = null
  #open = () => {}

  async isKeyOf([host = '']: readonly string[], keyHash: string): Promise<boolean> {
    this.asked.push(host)
    await this.#gate
    if (this.isAway) throw new Error('the database is away')
    return (
      (host === 'web01' && keyHash === hash(KEY)) || (host === 'web02' && keyHash === hash('z'.repeat(32)))
    )
  }

  async redeem(redemption: Redemption): Promise<EnrolmentResult> {
    this.redeemed.push(redemption)
    return this.result
  }

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  release(): void {
    this.#gate = null
    this.#open()
  }
}

async function start() {
  const admission = new FakeAdmission()
  rig = await startRig({ admission, passphrases: [] })
  return { ...rig, admission }
}

const batch = (id: number, changes: Record<string, unknown> = {}) =>
  `${JSON.stringify({ v: 1, id, host: 'web01', layout: 0, metrics: ['a'], frames: [[NOW - id, id]], ...changes })}\n`

test('a key lets in for its own host, once a connection, and what came behind it is read in its order', async () => {
  const { port, admission, store } = await start()
  admission.hold()
  const client = await Client.connect(port)
  client.write(batch(1, { key: KEY, frames: [] }) + batch(2) + batch(3))
  await waitFor(() => admission.asked.length === 1)
  await Bun.sleep(50)
  expect([store.reports.length, client.received]).toEqual([0, ''])
  admission.release()
  expect(await client.lines(3)).toEqual([1, 2, 3].map((id) => ({ id, stored: true })))
  expect(admission.asked).toEqual(['web01'])
  expect(store.reports.map(({ isByKey, isGreeting, keyHash }) => [isByKey, isGreeting, keyHash])).toEqual([
    [true, true, hash(KEY)],
    [true, false, hash(KEY)],
    [true, false, hash(KEY)],
  ])
  client.close()
})

test('for another host it needs the key of that one', async () => {
  const { port, admission, store } = await start()
  const client = await Client.connect(port)
  client.write(batch(1, { key: KEY }) + batch(2, { host: 'web02', key: 'z'.repeat(32) }))
  await client.lines(2)
  client.write(batch(3, { host: 'web03', key: KEY }))
  expect(JSON.parse((await client.all()).split('\n')[2] ?? '')).toMatchObject({ id: null, retry: false })
  expect(admission.asked).toEqual(['web01', 'web02', 'web03'])
  expect(store.reports.map(({ host }) => host)).toEqual(['web01', 'web02'])

  const mute = await Client.connect(port)
  mute.write(batch(1, { key: KEY }))
  await mute.lines(1)
  mute.write(batch(2, { host: 'web02' }))
  expect(await mute.all()).toContain('the key has not')
})

test('a wrong key, and no passphrase where none is right, end the connection and store nothing', async () => {
  const { port, engine, store } = await start()
  for (const [said, reason] of [
    [{ key: 'w'.repeat(32) }, 'has to be enrolled'],
    [{ passphrase: PASSPHRASE, key: KEY }, 'wrong passphrase'],
    [{}, 'wrong passphrase'],
    [{ key: 'short' }, 'the key has not'],
  ] as const) {
    const client = await Client.connect(port)
    client.write(batch(1, said))
    expect(await client.all()).toContain(reason)
  }
  expect(engine.counters().refused).toEqual({ key: 1, passphrase: 2, malformed: 1 })
  expect(store.reports).toEqual([])
})

test('a code is traded with key and host, and what the store says of it is said to the agent', async () => {
  const { port, admission, store, lines } = await start()
  const client = await Client.connect(port)
  client.write(batch(1, { host: 'Web07', key: KEY, enroll: 'a secret' }) + batch(2, { host: 'web07' }))
  await client.lines(2)
  expect(admission.redeemed).toEqual([
    {
      codeHash: hash('a secret'),
      host: 'web07',
      keyHash: hash(KEY),
      address: '127.0.0.1',
      now: expect.any(Number),
    },
  ])
  expect(store.reports.map(({ host }) => host)).toEqual(['web07', 'web07'])
  for (const result of ['invalid', 'taken'] as const) {
    admission.result = result
    const other = await Client.connect(port)
    other.write(batch(1, { host: 'web08', key: KEY, enroll: 'a secret' }))
    expect(await other.all()).toContain(result === 'taken' ? 'belongs to another host' : 'used up')
  }
  expect(lines.join('')).not.toContain('a secret')
  client.close()
})

test('while storage is away nobody is refused for good', async () => {
  const { port, admission } = await start()
  admission.isAway = true
  const client = await Client.connect(port)
  client.write(batch(1, { key: KEY }))
  expect(JSON.parse(await client.all())).toEqual({ id: null, error: 'storage is away', retry: true })
})

test('unknown senders wait in a bounded queue, a few look-ups at a time, and those beyond it try again', async () => {
  const { port, admission } = await start()
  admission.hold()
  const clients: Client[] = []
  for (let i = 0; i < 50; i++) {
    const client = await Client.connect(port)
    client.write(batch(1, { key: KEY, padding: 'x'.repeat(120 * 1024) }))
    clients.push(client)
  }
  await waitFor(() => clients.filter(({ received }) => received.includes('too many senders')).length >= 10)
  expect(admission.asked.length).toBe(4)
  expect(clients.filter(({ received }) => received === '').length).toBeGreaterThan(30)
  const gone = clients.at(5)
  gone?.close()
  admission.release()
  await waitFor(
    () =>
      clients.filter(({ received }) => received.includes('stored')).length > 30 &&
      admission.asked.length > 30,
  )
  for (const client of clients) client.close()
})

test('a sender that disconnects while it is looked up leaves nothing behind', async () => {
  const { port, admission, engine, store } = await start()
  admission.hold()
  const client = await Client.connect(port)
  client.write(batch(1, { key: KEY }))
  await waitFor(() => admission.asked.length === 1)
  client.close()
  await waitFor(() => engine.counters().connections === 0)
  admission.release()
  await Bun.sleep(20)
  expect([store.reports.length, engine.counters().held]).toEqual([0, 0])
})
