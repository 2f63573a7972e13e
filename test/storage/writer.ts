/**
 * A process of its own: `bun writer.ts URL DATA_DIR NAME COUNT` writes one packet after the other for host
 * NAME and says on standard output, one line each, which times are acknowledged. What is not acknowledged it
 * writes again, as an agent does. With `compact` as NAME it compacts all the time instead.
 */
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openStore } from '../../src/storage/open.ts'
import { aFrame, aReport, MIDNIGHT } from './reports.ts'

const [url = '', dataDir = '', name = '', count = 'Infinity'] = process.argv.slice(2)
const log = createLog({ level: 'warn', format: 'text' })
const store = await openStore(url, { dataDir, clock: systemClock, log })
process.stdout.write('open\n')

if (name === 'compact') {
  process.on('SIGTERM', async () => {
    await store.close()
    process.exit(0)
  })
  for (;;) {
    await store.maintenance.compact(Number.MAX_SAFE_INTEGER, 50)
    await Bun.sleep(1)
  }
}

for (let i = 0; i < Number(count); i++) {
  // Every seventh is late; none is of the same time as another.
  const time = MIDNIGHT + (i % 7 === 6 ? i - 10_000 : i) * 60
  const values = { value: i, half: i / 2, [`${name}.own`]: 1 }
  const reports = [aReport(name, { seen: time, frames: [aFrame(time, values)] })]
  for (;;)
    try {
      await store.ingest.write(reports)
      break
    } catch (error) {
      process.stderr.write(`${error}\n`)
      await Bun.sleep(50)
    }
  process.stdout.write(`${time} ${i}\n`)
  await new Promise((resolve) => setImmediate(resolve))
}
await store.close()
