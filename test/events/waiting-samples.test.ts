import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { EventEngine } from '../../src/events/cycle.ts'
import { admitWaitingSamples } from '../../src/events/tasks/admit-waiting-samples.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { aFrame, aReport } from '../storage/reports.ts'
import { fakeClock } from '../support/clock.ts'
import { makeTempDir } from '../support/spawn.ts'
import { ENGINE_OPTIONS } from './engine-options.ts'

const DAY = 86_400
const NOW = Date.UTC(2026, 5, 1) / 1000

test('samples that wait become samples when their time comes, or when the clock of the server is put right', async () => {
  const dataDir = makeTempDir()
  const clock = fakeClock(NOW * 1000)
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })
  const store = await openStore('sqlite:monitor.db', { dataDir, clock, log })
  const engine = new EventEngine({
    ...ENGINE_OPTIONS,
    store,
    clock,
    log,
    tasks: [admitWaitingSamples],
  })
  async function pass(seconds: number) {
    for (let at = 0; at < seconds; at += 10) {
      await clock.advance(10_000)
      await Bun.sleep(0)
    }
  }
  const read = async () => [...(await store.samples.range('a', 'm', 0, NOW + 999 * DAY)).values]
  await clock.advance(0)
  const later = [NOW + 600, NOW + 1200, NOW + 100 * DAY]
  await store.ingest.write([
    aReport('a', { seen: NOW, waiting: later.map((time, i) => aFrame(time, { m: i })) }),
  ])
  await pass(540)
  expect(await read()).toEqual([])
  await pass(180)
  expect(await read()).toEqual([0])
  await pass(600)
  expect(await read()).toEqual([0, 1])
  // It was the server's clock that was wrong.
  clock.jump((NOW + 101 * DAY) * 1000)
  await pass(120)
  expect(await read()).toEqual([0, 1, 2])
  expect(lines.join()).toContain('made samples of what waited for its time')
  const stopping = engine.stop()
  await clock.advance(5000)
  await stopping
  await store.close()
  rmSync(dataDir, { recursive: true, force: true })
})
