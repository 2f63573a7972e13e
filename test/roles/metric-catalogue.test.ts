import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { probes } from '../../src/agent/probes/index.ts'
import { createProbeRunner } from '../../src/agent/probes/runner.ts'
import { watchSelfMetrics } from '../../src/agent/self-metrics.ts'
import { reportCertificate } from '../../src/domain/events/certificate-end.ts'
import { reportKeyMismatch } from '../../src/domain/events/identity.ts'
import { METRICS } from '../../src/domain/metrics/catalogue.ts'
import { AGENT_METRICS } from '../../src/domain/metrics/declared/agent.ts'
import { isOfFamily, type MetricFamily } from '../../src/domain/metrics/metric-family.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/lib/log.ts'
import { openProcFs } from '../../src/platform/proc.ts'
import { CLOCK, EXTRA_FILES } from '../agent/probes/everything.ts'
import { measure } from '../agent/probes/measure.ts'
import { fakeProc } from '../platform/fake-proc.ts'
import { fakeWin32, readStates } from '../platform/fake-win32.ts'

const SECONDS = 60
const context = { processes: ['nginx'], services: ['ssh'] }
const FILES = {
  ...EXTRA_FILES,
  '/proc/meminfo': fakeProc({ machine: 'ubuntu-lvm' }).readText('/proc/meminfo'),
}
const disks = (reads: number) =>
  ` 252 0 vda ${reads} 0 ${reads} ${reads} ${reads} 0 ${reads} ${reads} 0 ${reads} ${reads}\n`
const before = {
  ...FILES,
  '/proc/stat': 'cpu  100 10 50 1000 40 5 5 10 80 5\n',
  '/proc/diskstats': disks(1000),
}
const after = {
  ...FILES,
  '/proc/stat': 'cpu  140 20 60 1110 60 10 10 20 110 5\n',
  '/proc/diskstats': disks(2000),
}
const links = { '/run/systemd/units/invocation:ssh.service': 'abc' }

/** The narrowest family counts: `….inodes.percent.used` is no filesystem that is called `inodes`. */
const familyOf = (metric: string, families: readonly MetricFamily[]) =>
  families.filter((family) => isOfFamily(metric, family)).sort((a, b) => b.name.length - a.name.length)[0]

describe.each(probes)('the probe $name', (probe) => {
  const check = (names: readonly string[], other: 'Linux' | 'Windows') => {
    const wanted = probe.metrics.filter(({ systems }) => systems !== other)
    const found = new Set(names.map((name) => familyOf(name, wanted)?.name ?? `${name} is not declared`))
    const usual = wanted.filter(({ isRare, name }) => !isRare || found.has(name))
    const what =
      'what the probe reads stands in test/agent/probes/everything.ts, what it yields in its metrics'
    expect({ what, names: [...found].sort() }).toEqual({ what, names: usual.map(({ name }) => name).sort() })
  }

  test('yields on Linux what it declares, and nothing else', async () => {
    const states = [before, after].map((files) =>
      fakeProc({ machine: 'debian-12', files, links, clock: CLOCK }),
    )
    const samples = await measure(probe, states, { context })
    check(Object.keys(samples ?? {}), 'Windows')
  })

  test('yields on Windows what it declares, and nothing else', () => {
    const [first, second] = readStates('server-2022').map(
      (state) => probe.windows?.(fakeWin32(state), context) ?? null,
    )
    const samples = second == null ? [] : probe.samples(second, first ?? null, SECONDS)
    check(
      samples.map(({ metric }) => metric),
      'Linux',
    )
  })
})

test('the agent says of itself what it declares, and nothing else', () => {
  const own = watchSelfMetrics(systemClock).read(0, {
    queue: { length: 0, dropped: 0, aged: 0, refused: 0, damaged: 0 },
    isPathNarrow: true,
  })
  const names = own.map(({ metric }) => metric)
  const usual = AGENT_METRICS.filter(({ isRare, name }) => !isRare || names.includes(name))
  expect(names.sort()).toEqual(usual.map(({ name }) => name).sort())
})

test('every metric of this very machine is in the list', async () => {
  const log = createLog({ level: 'error', format: 'text', write: () => {} })
  const platform = { system: 'linux', proc: openProcFs() } as const
  const runner = createProbeRunner({ probes, platform, context, clock: systemClock, log })
  await runner.run()
  await Bun.sleep(120)
  const names = (await runner.run()).samples.map(({ metric }) => metric)
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((name) => familyOf(name, METRICS) === undefined)).toEqual([])
})

test("the server's own events are about metrics of the list", async () => {
  const reported = [
    reportKeyMismatch(0, 'open'),
    reportCertificate({ name: 'web', ends: 0 }, 0),
    reportCertificate({ name: 'collect', ends: 0 }, 0),
  ]
  expect(reported.filter(({ metric }) => familyOf(metric, METRICS) === undefined)).toEqual([])
  // Each metric name in the server's source, in a query for example, is declared.
  const source = join(import.meta.dir, '..', '..', 'src')
  const own: string[] = []
  for await (const file of new Glob('{collect,events,storage}/**/*.ts').scan(source))
    for (const [, name = ''] of (await Bun.file(join(source, file)).text()).matchAll(
      /(?<!name: )'(perf\.[^']*)'/g,
    ))
      if (!file.startsWith('storage/maintenance/import/') && familyOf(name, METRICS) === undefined)
        own.push(`${file}: ${name}`)
  expect(own).toEqual([])
})
