import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { watchOwnFigures } from '../../src/agent/own-figures.ts'
import { probes } from '../../src/agent/probes/index.ts'
import { createProbeRunner } from '../../src/agent/probes/runner.ts'
import { isOfFamily, METRIC_FAMILIES } from '../../src/domain/metric-list.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openProcFs } from '../../src/platform/proc.ts'

const isListed = (metric: string) => METRIC_FAMILIES.some((family) => isOfFamily(metric, family))

test('a family takes the names that are of it', () => {
  const family = { name: 'perf.disk.<disk>.bytes.read', doc: '', systems: 'both' } as const
  expect(isOfFamily('perf.disk.sda.bytes.read', family)).toBe(true)
  expect(isOfFamily('perf.disk.dm-0.part.bytes.read', family)).toBe(true)
  for (const other of ['perf.disk..bytes.read', 'perf.disk.sda.bytes.readx', 'perf-disk.sda.bytes.read'])
    expect(isOfFamily(other, family)).toBe(false)
})

test('every metric of this very machine, and of the agent itself, is in the guide', async () => {
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const context = { processes: ['bun'], services: ['ssh'] }
  const platform = { system: 'linux', proc: openProcFs() } as const
  const runner = createProbeRunner({ probes, platform, context, clock: systemClock, log })
  await runner.run()
  await Bun.sleep(120)
  const { samples } = await runner.run()
  const own = watchOwnFigures().read(0, { length: 0, dropped: 0, refused: 0 })
  const names = [...samples, ...own].map(({ metric }) => metric)
  expect(names.length).toBeGreaterThan(15)
  expect(names.filter((name) => !isListed(name))).toEqual([])
})

test('every name that the source of a probe writes out is in the guide', async () => {
  const folder = join(import.meta.dir, '..', '..', 'src', 'agent')
  const names: string[] = []
  for await (const file of new Glob('**/*.ts').scan(folder))
    for (const [, name] of (await Bun.file(join(folder, file)).text()).matchAll(
      /metric: '(perf\.[a-z0-9.]+)'|samples, '(perf\.[a-z0-9.]+)'/g,
    ))
      if (name !== undefined) names.push(name)
  expect(names.length).toBeGreaterThan(8)
  expect(names.filter((name) => !isListed(name))).toEqual([])
})
