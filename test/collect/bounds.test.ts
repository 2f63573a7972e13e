import { afterEach, expect, test } from 'bun:test'
import { BoundWatch } from '../../src/collect/bound-watch.ts'
import { Client, NOW, PASSPHRASE, type Rig, startRig } from './harness.ts'

let rig: Rig | null = null
afterEach(async () => {
  await rig?.engine.stop()
  rig = null
})

const batch = (id: number) =>
  `${JSON.stringify({ v: 1, id, host: 'web01', passphrase: PASSPHRASE, layout: 0, metrics: ['a'], frames: [[NOW - id, 1]] })}\n`

test('what a bound has left out is refused for good and does not come again', async () => {
  const noted: unknown[] = []
  rig = await startRig({ onBound: (...hit) => noted.push(hit) })
  const { store, port } = rig
  const write = store.write.bind(store)
  store.write = async (reports) => {
    const [report] = reports
    if (report !== undefined && noted.length === 0)
      store.hits.push({ bound: 'metrics', host: 'web01', count: 7, report })
    return write(reports)
  }
  const client = await Client.connect(port)
  client.write(batch(1))
  expect(await client.lines(1)).toMatchObject([
    { id: 1, stored: true, refused: 7, reason: expect.stringContaining('more metrics') },
  ])
  client.write(batch(2))
  expect((await client.lines(2))[1]).toEqual({ id: 2, stored: true })
  expect(noted).toEqual([['metrics', 'web01', 7]])
  client.close()
})

test('while the disk is nearly full agents keep what they have, and nothing is written', async () => {
  let isFull = true
  const noted: unknown[] = []
  rig = await startRig({ isDiskFull: () => isFull, onBound: (...hit) => noted.push(hit) })
  const client = await Client.connect(rig.port)
  client.write(batch(1))
  expect(await client.lines(1)).toMatchObject([{ id: 1, retry: true }])
  expect(rig.store.writes).toBe(0)
  isFull = false
  client.write(batch(1))
  expect((await client.lines(2))[1]).toEqual({ id: 1, stored: true })
  expect(noted).toEqual([['free_space', '', 1]])
  client.close()
})

test('a bound is one event, however many meet it: counts, at most ten names, and an end when it is quiet', () => {
  const watch = new BoundWatch(0)
  for (let i = 0; i < 100; i++) watch.note('metrics', `web${i}`, 3, 10)
  const [opened, ...none] = watch.takeReports(60)
  expect(none).toEqual([])
  expect(opened).toMatchObject({ metric: 'perf.server.bound.metrics.state', status: 'open', time: 60 })
  expect(opened?.message).toContain('300 values refused')
  expect(opened?.message.match(/web\d/g)).toHaveLength(10)
  expect(watch.takeReports(120)).toEqual([])
  watch.note('metrics', 'web1', 3, 130)
  expect(watch.takeReports(180).map(({ message }) => message)).toEqual([expect.stringContaining('303')])
  // Connections of an earlier process end as well.
  const closed = watch.takeReports(731)
  expect(closed.map(({ status }) => status)).toEqual(Array(6).fill('closed'))
  expect(watch.takeReports(800)).toEqual([])
})
