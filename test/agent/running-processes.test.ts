import { expect, test } from 'bun:test'
import {
  createProcessRecorder,
  parseProcessStat,
  readRunningProcesses,
} from '../../src/agent/running-processes.ts'
import type { EventReport } from '../../src/domain/event.ts'
import { chooseProcesses, readProcesses } from '../../src/domain/events/running-process.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openProcFs } from '../../src/platform/proc.ts'

const REPORT: EventReport = {
  uid: 'a1',
  change: 1,
  time: 60,
  metric: 'perf.processor.percent.used',
  severity: 2,
  status: 'open',
  message: 'M',
}

test('a busy process and a large process of this machine are listed', async () => {
  const busy = Bun.spawn([process.execPath, '-e', 'const end = Date.now() + 8000; while (Date.now() < end);'])
  try {
    await Bun.sleep(300)
    const proc = openProcFs()
    // On a machine with many busy processes this one need not be among the first five.
    const ours = { ...proc, list: () => [String(busy.pid), String(process.pid)] }
    const found = await readRunningProcesses(ours, systemClock)
    expect((await readRunningProcesses(proc, systemClock)).length).toBeGreaterThanOrEqual(5)
    const one = found.find(({ id }) => id === busy.pid)
    expect(one?.processor).toBeGreaterThan(0)
    expect(one?.processor).toBeLessThan(400)
    // It is a runtime with a heap: more than a few pages, and less than what the machine has.
    expect(one?.memory).toBeGreaterThan(5e6)
    expect(one?.memory).toBeLessThan(1e9)
    expect(found.length).toBeLessThanOrEqual(10)
  } finally {
    busy.kill()
    await busy.exited
  }
})

test('names with blanks and parentheses are read whole', () => {
  const rest = `S ${Array.from({ length: 49 }, (_, i) => i + 4).join(' ')}`
  expect(parseProcessStat(`7 (tmux: (a) b) ${rest}`)).toEqual({
    name: 'tmux: (a) b',
    ticks: 14 + 15,
    started: '22',
    pages: 24,
  })
  for (const text of ['', '7', '7 ()', '7 (a) S 1', '7 (a) S 1 x y z'])
    expect(parseProcessStat(text)).toBeNull()
})

test('five with the most processor time and five with the most memory are chosen, each once', () => {
  const all = Array.from({ length: 30 }, (_, i) => ({
    id: i,
    name: `p${i}`,
    processor: i < 7 ? i : 0,
    memory: 1000 - i,
  }))
  expect(chooseProcesses(all).map(({ id }) => id)).toEqual([6, 5, 4, 3, 2, 0, 1])
})

test('what is no process is left out, and too many are cut', () => {
  const good = { id: 1, name: 'x', processor: 5, memory: 6 }
  expect(
    readProcesses([good, null, 7, { ...good, name: '' }, { ...good, memory: -1 }, { ...good, id: 'a' }]),
  ).toEqual([good])
  expect(readProcesses('x')).toEqual([])
  expect(readProcesses(new Array(50).fill(good))).toHaveLength(10)
  expect(readProcesses([{ ...good, name: 'n'.repeat(999) }])[0]?.name).toHaveLength(64)
})

test('what ran when the threshold was first breached is in the event that opens later, and in no other', async () => {
  let looks = 0
  const ran = [{ id: 1, name: 'mysqld', processor: 180, memory: 5 }]
  const recorder = createProcessRecorder(
    async () => {
      looks++
      return ran
    },
    { ...systemClock, monotonicMs: () => 0 },
  )
  const { metric } = REPORT
  expect(await recorder.record([], [metric, 'perf.service.nginx.state'])).toEqual([])
  expect(await recorder.record([], ['perf.memory.percent.used'])).toEqual([])
  // The second began within the same half minute.
  expect(looks).toBe(1)
  const change = { ...REPORT, change: 2 }
  const service = { ...REPORT, metric: 'perf.service.nginx.state' }
  expect(await recorder.record([service, change, REPORT], [])).toEqual([
    service,
    change,
    { ...REPORT, processes: ran },
  ])
  expect(await recorder.record([REPORT], [])).toEqual([REPORT])
})

test('a machine that can not be looked at costs no event', async () => {
  const recorder = createProcessRecorder(async () => {
    throw new Error('no /proc')
  }, systemClock)
  expect(await recorder.record([REPORT], [REPORT.metric])).toEqual([REPORT])
})
