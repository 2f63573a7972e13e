import { expect, test } from 'bun:test'
import { watchUnmatched } from '../../src/agent/unmatched-thresholds.ts'
import { createLog } from '../../src/lib/log.ts'

test('a threshold that fits no metric of the first cycles is logged once, with the nearest name', () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })
  const watch = watchUnmatched(
    [
      { metric: 'perf.filesytem.*.percent.used' },
      { metric: 'perf.service.nginx.state' },
      { metric: 'perf.memory.percent.used' },
    ],
    log,
  )
  for (let cycle = 0; cycle < 20; cycle++)
    watch.note([
      'perf.memory.percent.used',
      ...(cycle === 3 ? ['perf.service.nginx.state'] : []),
      'perf.filesystem.dev.sda1.percent.used',
    ])
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('a threshold matches nothing; did you mean perf.filesystem.*.percent.used?')
  expect(lines[0]).toContain('perf.filesytem.*')
})
