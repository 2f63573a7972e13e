import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackgroundJob } from '../../../src/agent/background-result.ts'
import { readExposition } from '../../../src/agent/text-files/exposition.ts'
import { createTextFileJob } from '../../../src/agent/text-files/text-file-job.ts'
import { TEXT_FILE_METRICS } from '../../../src/domain/metrics/declared/checks.ts'
import { metricSubject } from '../../../src/domain/metrics/metric.ts'
import { isOfFamily } from '../../../src/domain/metrics/metric-family.ts'
import { fakeClock } from '../../support/clock.ts'

let folder: string
let job: BackgroundJob
const clock = fakeClock()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-text-'))
  job = createTextFileJob({ folder, intervalMs: 60_000, clock })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string) {
  writeFileSync(join(folder, name), text)
  utimesSync(join(folder, name), clock.now() - 90, clock.now() - 90)
}

async function read() {
  const { samples, reasons, failure } = await job.run(new AbortController().signal)
  const values = Object.fromEntries(samples.map(({ metric, value }) => [metric, value]))
  return { values, reasons: Object.fromEntries(reasons), failure }
}

/** As smartmon.sh and apt.py of node_exporter's text file collectors write them. */
const APT = `# HELP apt_upgrades_pending Apt packages pending updates by origin.
# TYPE apt_upgrades_pending gauge
apt_upgrades_pending{origin="Debian:bookworm/stable",arch="all"} 3
apt_upgrades_pending{origin="",arch="amd64"} 1.5e1

node_reboot_required 0
odd NaN
`

test('values of text files are named by their labels, and each file has its state and age', async () => {
  write('apt.prom', APT)
  write('other.txt', 'ignored 1\n')
  write('.hidden.prom', 'ignored 1\n')
  const { values, failure } = await read()
  expect(values).toEqual({
    'perf.textfiles.state': 1,
    'perf.textfiles.omitted': 0,
    'perf.textfile.apt.state': 1,
    'perf.textfile.apt.age.seconds': 90,
    'perf.text.apt_upgrades_pending.arch:all.origin:Debian:bookworm.stable': 3,
    'perf.text.apt_upgrades_pending.arch:amd64.origin:': 15,
    'perf.text.node_reboot_required': 0,
  })
  expect(failure).toBeNull()
  const names = Object.keys(values)
  expect(names.filter((name) => !TEXT_FILE_METRICS.some((family) => isOfFamily(name, family)))).toEqual([])
  expect(metricSubject('perf.textfile.a.b.age.seconds')?.subject).toBe('a.b')
})

test('a broken file is one metric with its reason, and does not touch the others', async () => {
  write('a.prom', 'good 1\n')
  write('bad.prom', 'good2 1\nwhat is this\n')
  write('double.prom', 'good 2\n')
  write('long.prom', '#'.repeat(1_100_000))
  Bun.spawnSync(['mkfifo', join(folder, 'pipe.prom')])
  const { values, reasons, failure } = await read()
  expect(values).toMatchObject({
    'perf.text.good': 1,
    'perf.textfile.a.state': 1,
    'perf.textfile.bad.state': 0,
  })
  expect(values).not.toHaveProperty('perf.text.good2')
  expect(reasons).toEqual({
    'perf.textfile.bad.state': 'line 2: "is" is no number',
    'perf.textfile.double.state': 'perf.text.good is in another file too',
    'perf.textfile.long.state': 'it is longer than 1048576 bytes',
    'perf.textfile.pipe.state': 'it is no regular file',
  })
  expect(failure).toContain('bad.prom: line 2')
})

test('there are bounds, and what is beyond them is counted', async () => {
  const lines = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${name}_${i} ${i}\n`).join('')
  write('a.prom', lines('a', 400))
  write('b.prom', lines('b', 400))
  for (let i = 0; i < 105; i++) write(`c${i}.prom`, '')
  const { values } = await read()
  expect(Object.keys(values).filter((name) => name.startsWith('perf.text.'))).toHaveLength(500)
  expect(values['perf.textfiles.omitted']).toBe(300 + 7)
})

test('a missing folder is reported', async () => {
  rmSync(folder, { recursive: true })
  await expect(job.run(new AbortController().signal)).rejects.toThrow(folder)
})

test.each([
  ['x 1 1395066363000', 'line 1: a value with a time of its own is not taken'],
  ['x', 'line 1: expected a name, labels and a value'],
  ['x one', 'line 1: "one" is no number'],
  ['x{a=1} 2', 'line 1: the labels are not label="value", separated by commas'],
  ['x{a="1" b="2"} 2', 'line 1: the labels are not label="value", separated by commas'],
  ['\nx 1\nx 2', 'line 3: perf.text.x is there twice'],
  [`x{a="${'b'.repeat(150)}",c="${'d'.repeat(150)}"} 1`, 'longer than 255 characters'],
])('%s', (text, why) => expect(() => readExposition(text)).toThrow(why))

test.each([
  ['x{} 1', 'perf.text.x', 1],
  ['x{a="q\\"u\\\\o}te",} -2.5', 'perf.text.x.a:q_u_o_te', -2.5],
  ['x { a = "1" } +.5', 'perf.text.x.a:1', 0.5],
  ['x{le="-1"} 1', 'perf.text.x.le:-1', 1],
])('%s is %s', (text, metric, value) => expect(readExposition(text).samples).toEqual([{ metric, value }]))

test('series that differ are all kept, also where a name can not show how', () => {
  const text =
    'x{p="a b"} 1\nx{p="a?b"} 2\nx{p="+Inf"} 3\nx{p="-Inf"} 4\nx{p="/"} 5\nx{p=""} 6\nx 7\nx_inf +Infinity\n'
  expect(readExposition(text)).toEqual({
    samples: [
      { metric: 'perf.text.x.p:a_b', value: 1 },
      { metric: 'perf.text.x.p:a_b.2', value: 2 },
      { metric: 'perf.text.x.p:+Inf', value: 3 },
      { metric: 'perf.text.x.p:-Inf', value: 4 },
      { metric: 'perf.text.x.p:', value: 5 },
      { metric: 'perf.text.x.p:.2', value: 6 },
      { metric: 'perf.text.x', value: 7 },
    ],
    renamed: [
      { name: 'perf.text.x.p:a_b', now: 'perf.text.x.p:a_b.2' },
      { name: 'perf.text.x.p:', now: 'perf.text.x.p:.2' },
    ],
  })
  expect(() => readExposition('x{a="1",b="2"} 1\nx{b="2",a="1"} 1\n')).toThrow(
    'line 2: perf.text.x.a:1.b:2 is there',
  )
})

test.each([
  ['blanks', `a${' '.repeat(1_000_000)}b c d`],
  ['braces', `a{${'}'.repeat(1_000_000)} x y z`],
  ['labels', `a{${'b="c",'.repeat(160_000)}} x y z`],
  ['open labels', `a{${'b="'.repeat(300_000)} x y z`],
  ['backslashes', `a{b="${'\\'.repeat(1_000_000)}`],
  ['numbers', `a ${'1'.repeat(1_000_000)}x`],
  [
    'one name',
    Array.from({ length: 50_000 }, (_, i) => `a{b="${'?!$&*'[i % 5]}${'?'.repeat(i % 20)}"} 1`).join('\n'),
  ],
])('a file of %s does not hold up the agent', (_, text) => {
  const began = performance.now()
  expect(() => readExposition(text)).toThrow()
  expect(performance.now() - began).toBeLessThan(1000)
})

test('a file that is being written is not taken for a whole one', async () => {
  write('cut.prom', 'good 1\nlarge 12')
  write('open.prom', 'x 1\n')
  let isWriting = true
  const writing = (async () => {
    const file = await open(join(folder, 'open.prom'), 'a')
    while (isWriting) await file.write('x 1\n')
    await file.close()
  })()
  const seen = await read()
  isWriting = false
  await writing
  expect(seen.values).not.toHaveProperty('perf.text.large')
  expect(seen.values).not.toHaveProperty('perf.text.x')
  expect(seen.reasons['perf.textfile.cut.state']).toBe(
    'its last line does not end: it is cut off, or still being written',
  )
  expect(seen.reasons['perf.textfile.open.state']).toMatch(/was being written|is there twice/)
})
