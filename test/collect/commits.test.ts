import { afterEach, expect, test } from 'bun:test'
import { DEFAULT_LIMITS } from '../../src/collect/connection/connection-limits.ts'
import { measureReport } from '../../src/collect/submission.ts'
import type { HostReport } from '../../src/storage/ports/store.ts'
import { Client, MemoryStore, NOW, PASSPHRASE, type Rig, startRig, waitFor } from './harness.ts'

const { commitReports, commitBytes } = DEFAULT_LIMITS

let rig: Rig | null = null
afterEach(async () => {
  await rig?.engine.stop()
  rig = null
})

/** Notes what each commit was given. */
class CountingStore extends MemoryStore {
  readonly commits: (readonly HostReport[])[] = []
  override write(reports: readonly HostReport[]) {
    this.commits.push(reports)
    return super.write(reports)
  }
}

/** The first names the metrics; those behind it are plain batches, as nearly all are. */
const batch = (id: number, values: readonly number[]) => {
  const names =
    id === 1 ? `"passphrase":"${PASSPHRASE}","metrics":${JSON.stringify(values.map((i) => `m${i}`))},` : ''
  return `{"v":1,"id":${id},"host":"host${id}",${names}"layout":0,"frames":[[${NOW - 60},${values.join(',')}]]}\n`
}

/** Sends so many batches of `width` values while the first commit is held, then lets it go; the answers. */
async function sendMany(store: CountingStore, count: number, width: number) {
  rig = await startRig({ store })
  store.hold()
  const client = await Client.connect(rig.port)
  const values = Array.from({ length: width }, (_, i) => i)
  client.write(batch(1, values))
  // One that has come alone waits for no others.
  await waitFor(() => store.commits.length === 1)
  client.write(Array.from({ length: count - 1 }, (_, i) => batch(i + 2, values)).join(''))
  // As much is read as may wait.
  let last = 0
  await waitFor(() => {
    const before = last
    last = rig?.engine.counters().bytes ?? 0
    return last > 100_000 && last === before
  })
  store.release()
  const replies = (await client.lines(count)) as { id: number; stored?: boolean }[]
  client.close()
  return replies
}

test('what waits is written in commits of bounded size, and answered in its order', async () => {
  const store = new CountingStore()
  const count = 3 * commitReports
  const replies = await sendMany(store, count, 3)
  expect(replies.map(({ id }) => id)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
  expect(replies.every(({ stored }) => stored === true)).toBe(true)
  const sizes = store.commits.map((reports) => reports.length)
  expect(sizes[0]).toBe(1)
  expect(Math.max(...sizes)).toBe(commitReports)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(count)
  expect(store.reports.map(({ host }) => host)).toEqual(replies.map(({ id }) => `host${id}`))
})

test('large reports fill a commit before there are many of them', async () => {
  const store = new CountingStore()
  await sendMany(store, 600, 1000)
  const weights = store.commits.map((reports) =>
    reports.reduce((sum, report) => sum + measureReport(report).weight, 0),
  )
  expect(Math.max(...weights)).toBeLessThanOrEqual(commitBytes)
  expect(Math.max(...weights)).toBeGreaterThan(commitBytes / 2)
})

test('of a full commit that fails because of one report, that one alone is refused', async () => {
  const store = new CountingStore()
  store.poison = `host${commitReports}`
  const replies = await sendMany(store, commitReports + 1, 3)
  expect(Math.max(...store.commits.map((reports) => reports.length))).toBe(commitReports)
  expect(replies.filter(({ stored }) => stored !== true)).toEqual([
    { id: commitReports, error: 'storage is away', retry: true } as never,
  ])
  expect(store.reports).toHaveLength(commitReports)
})
