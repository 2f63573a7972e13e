import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { probes } from '../../../src/agent/probes/index.ts'
import { createProbeRunner } from '../../../src/agent/probes/runner.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { openProcFs } from '../../../src/platform/proc.ts'

test('this very machine is read without a failure, with averages from the second time on', async () => {
  const lines: string[] = []
  const log = createLog({ level: 'debug', format: 'text', write: (line) => lines.push(line) })
  const context = { processes: ['bun'], services: [] }
  const runner = createProbeRunner({
    probes,
    platform: { system: 'linux', proc: openProcFs() },
    context,
    clock: systemClock,
    log,
  })
  const first = await runner.run()
  await Bun.sleep(150)
  const { samples, failed } = await runner.run()
  expect(lines).toEqual([])
  expect(failed).toBe(0)
  const names = samples.map(({ metric }) => metric)
  expect(first.samples.some(({ metric }) => metric === 'perf.processor.percent.used')).toBe(false)
  expect(names).toContain('perf.processor.percent.used')
  expect(names).toContain('perf.memory.percent.used')
  expect(names).toContain('perf.system.uptime.seconds')
  expect(names.some((name) => /^perf\.filesystem\..+\.percent\.used$/.test(name))).toBe(true)
  if (existsSync('/sys/class/net/eth0')) expect(names).toContain('perf.network.bytes.received')
})
