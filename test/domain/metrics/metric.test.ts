import { expect, test } from 'bun:test'
import {
  formatMetricValue,
  metricSubject,
  metricTitle,
  metricUnit,
} from '../../../src/domain/metrics/metric.ts'
import type { Unit } from '../../../src/domain/metrics/unit.ts'

test.each<[string, Unit, string]>([
  ['perf.processor.percent.used', '%', 'Processor percent used'],
  ['perf.memory.bytes.available', 'B', 'Memory bytes available'],
  ['perf.system.uptime.seconds', 's', 'System uptime seconds'],
  ['perf.system.load.15', '', 'System load 15'],
  ['perf.network.bytes.received', 'B/s', 'Network bytes received'],
  ['perf.network.eth0.100.bytes.sent', 'B/s', 'Network eth0.100 bytes sent'],
  ['perf.network.wg0.errors.received', '/s', 'Network wg0 errors received'],
  ['perf.disk.nvme0n1.bytes.written', 'B/s', 'Disk nvme0n1 bytes written'],
  ['perf.disk.sda.percent.active', '%', 'Disk sda percent active'],
  ['perf.filesystem.dev.mapper.vg-root.percent.used', '%', 'Filesystem dev.mapper.vg-root percent used'],
  ['perf.filesystem.dev.sda1.inodes.percent.used', '%', 'Filesystem dev.sda1 inodes percent used'],
  ['perf.filesystem.c.bytes.free', 'B', 'Filesystem c bytes free'],
  ['perf.pressure.io.some.percent', '%', 'Pressure io some percent'],
  ['perf.temperature.nvme.Composite.celsius', '°C', 'Temperature nvme.Composite celsius'],
  ['perf.service.sshd@1.state', 'state', 'Service sshd@1 state'],
  ['perf.agent.memory.bytes', 'B', 'Agent memory bytes'],
  ['perf.agent.queue.length', '', 'Agent queue length'],
  ['perf.check.shop.certificate.days', 'days', 'Check shop certificate days'],
  ['perf.check.mail-queue.value.a.b', '', 'Check mail-queue value a b'],
  ['perf.check.shop.value.a.b.bytes', 'B', 'Check shop value a b bytes'],
  ['perf.text.backup.age.seconds', 's', 'Text backup.age.seconds'],
  ['custom', '', 'Custom'],
])('%s', (metric, unit, title) => {
  expect(metricUnit(metric)).toBe(unit)
  expect(metricTitle(metric)).toBe(title)
})

test.each([
  ['perf.filesystem.dev.sda1.writable', 0, 'read-only'],
  ['perf.service.nginx.state', 1, 'running'],
  ['perf.time.synchronized.state', 0, 'not synchronized'],
  ['perf.check.shop.certificate.days', 12, '12\u202fdays'],
  ['other.state', 1, 'OK'],
])('%s %d is said as %s', (metric, value, words) => expect(formatMetricValue(metric, value)).toBe(words))

test('the subject of a metric keeps its dots', () => {
  expect(metricSubject('perf.filesystem.dev.sda1.inodes.percent.used')).toEqual({
    kind: 'filesystem',
    subject: 'dev.sda1',
    figure: 'inodes.percent.used',
  })
  expect(metricSubject('perf.network.bytes.received')).toBeNull()
  expect(metricSubject('perf.memory.percent.used')).toBeNull()
})
