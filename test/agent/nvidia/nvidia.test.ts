import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackgroundJob } from '../../../src/agent/background-result.ts'
import { startBackgroundRunner } from '../../../src/agent/background-runner.ts'
import { createNvidiaJob, hasNvidia } from '../../../src/agent/nvidia/nvidia-job.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createLog } from '../../../src/lib/log.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { until } from '../support/bench.ts'

const CC = ['/usr/bin/gcc', '/usr/bin/cc', '/usr/bin/clang'].find((path) => existsSync(path))
if (CC === undefined) console.log('NOT TESTED HERE: graphics processors of NVIDIA (no C compiler)')

/** A machine whose cards do not sleep. */
const AWAKE = fakeProc({
  files: {
    '/dev/nvidiactl': '',
    '/proc/driver/nvidia/gpus/0000:01:00.0/information': '',
    '/sys/bus/pci/devices/0000:01:00.0/power/runtime_status': 'active\n',
  },
})

test('a machine has cards of NVIDIA when their driver is loaded and can be spoken with', () => {
  expect(hasNvidia(AWAKE)).toBe(true)
  expect(hasNvidia(fakeProc({}))).toBe(false)
})

describe.skipIf(CC === undefined)('cards of NVIDIA, by a library as its driver brings it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-nvml-'))
  const library = join(folder, 'libnvidia-ml.so.1')
  const state = join(folder, 'state')
  const jobs: BackgroundJob[] = []
  const open = (proc = AWAKE, path = library) => {
    const job = createNvidiaJob({ proc, library: path, intervalMs: 1000 })
    jobs.push(job)
    return job
  }
  const run = (job: BackgroundJob) => job.run(new AbortController().signal)

  beforeAll(() => {
    const source = join(import.meta.dir, '..', '..', 'fixtures', 'nvml.c')
    const options = ['-shared', '-fPIC', `-DSTATE="${state}"`, '-o', library]
    const { stderr, exitCode } = Bun.spawnSync([CC ?? '', ...options, source])
    expect([stderr.toString(), exitCode]).toEqual(['', 0])
  })
  beforeEach(() => writeFileSync(state, ''))
  afterEach(() => {
    for (const job of jobs.splice(0)) job.close?.()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('have use, memory, temperature and power; what a card does not show, and a lost card, are left out', async () => {
    const { samples, failure } = await run(open())
    expect(Object.fromEntries(samples.map(({ metric, value }) => [metric, value]))).toEqual({
      'perf.gpu.nvidia0.percent.used': 42,
      'perf.gpu.nvidia0.memory.percent': 25,
      'perf.gpu.nvidia0.memory.bytes': 6_442_450_944,
      'perf.gpu.nvidia0.celsius': 61,
      'perf.gpu.nvidia0.watts': 187.5,
      'perf.gpu.nvidia1.memory.percent': 25,
      'perf.gpu.nvidia1.memory.bytes': 6_442_450_944,
      'perf.gpu.nvidia1.celsius': 62,
      'perf.gpu.nvidia1.watts': 187.5,
    })
    expect(failure).toBe('nvidia2: GPU is lost')
  })

  test('a driver that was updated, and a library that is not there, are said; it works when they are right', async () => {
    writeFileSync(state, 'mismatch')
    const job = open()
    await expect(run(job)).rejects.toThrow('nvmlInit: Driver/library version mismatch')
    writeFileSync(state, '')
    expect((await run(job)).samples).not.toEqual([])
    await expect(run(open(AWAKE, join(folder, 'nothing.so')))).rejects.toThrow('nothing.so')
  })

  test('a card that sleeps is not woken', async () => {
    const status = '/sys/bus/pci/devices/0000:01:00.0/power/runtime_status'
    const asleep = fakeProc({
      files: { '/proc/driver/nvidia/gpus/0000:01:00.0/information': '', [status]: 'suspended\n' },
    })
    expect(await run(open(asleep, join(folder, 'nothing.so')))).toMatchObject({ samples: [], failure: null })
  })

  test('a driver that does not answer costs its values and nothing else, and is asked again when it has', async () => {
    writeFileSync(state, 'hang')
    const lines: string[] = []
    const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line.slice(25)) })
    const runner = startBackgroundRunner({ jobs: [open()], clock: systemClock, log })
    await until(() => lines.length > 0)
    expect(lines).toEqual(['warn  a check fails check=NVIDIA reason="no answer within 1 s"'])
    expect(runner.read().samples).toEqual([])
    writeFileSync(state, '')
    await until(() => runner.read().samples.length > 0)
    await runner.stop()
  })
})
