import { expect, test } from 'bun:test'
import { metricSubject, metricTitle, metricUnit } from '../../src/domain/metric.ts'

test.each([
  ['perf.processor.percent.used', '%', 'Processor percent used'],
  ['perf.processor.percent.iowait', '%', 'Processor percent iowait'],
  ['perf.memory.percent.used', '%', 'Memory percent used'],
  ['perf.memory.bytes.available', 'B', 'Memory bytes available'],
  ['perf.pagefile.bytes.total', 'B', 'Pagefile bytes total'],
  ['perf.network.bytes.received', 'B/s', 'Network bytes received'],
  ['perf.network.eth0.bytes.sent', 'B/s', 'Network eth0 bytes sent'],
  ['perf.network.eth0.100.errors.received', '/s', 'Network eth0.100 errors received'],
  ['perf.network.eth0.drops.sent', '/s', 'Network eth0 drops sent'],
  ['perf.disk.nvme0n1.bytes.written', 'B/s', 'Disk nvme0n1 bytes written'],
  ['perf.disk.sda.percent.active', '%', 'Disk sda percent active'],
  ['perf.filesystem.dev.sda1.percent.used', '%', 'Filesystem dev.sda1 percent used'],
  ['perf.filesystem.dev.sda1.bytes.free', 'B', 'Filesystem dev.sda1 bytes free'],
  ['perf.filesystem.dev.sda1.inodes.percent.used', '%', 'Filesystem dev.sda1 inodes percent used'],
  ['perf.filesystem.c.percent.active', '%', 'Filesystem c percent active'],
  ['perf.service.nginx.service.state', 'state', 'Service nginx.service state'],
  ['perf.service.seconds.percent.bytes.state', 'state', 'Service seconds.percent.bytes state'],
  ['perf.process.postgres.state', 'state', 'Process postgres state'],
  ['perf.pressure.cpu.some.percent', '%', 'Pressure cpu some percent'],
  ['perf.temperature.coretemp.Core_0.celsius', '°C', 'Temperature coretemp.Core_0 celsius'],
  ['perf.system.uptime.seconds', 's', 'System uptime seconds'],
  ['perf.system.availability.seconds', 's', 'System availability seconds'],
  ['perf.system.load.1', '', 'System load 1'],
  ['perf.system.processes', '', 'System processes'],
  ['perf.agent.memory.bytes', 'B', 'Agent memory bytes'],
  ['perf.agent.processor.seconds', 's', 'Agent processor seconds'],
  ['perf.agent.queue.length', '', 'Agent queue length'],
  ['something.of.others', '', 'Something of others'],
])('%s is in %j and called %j', (metric, unit, title) => {
  expect(metricUnit(metric)).toBe(unit as ReturnType<typeof metricUnit>)
  expect(metricTitle(metric)).toBe(title)
})

test.each([
  [
    'perf.filesystem.dev.sda1.inodes.percent.used',
    { kind: 'filesystem', subject: 'dev.sda1', figure: 'inodes.percent.used' },
  ],
  ['perf.network.eth0.100.bytes.sent', { kind: 'network', subject: 'eth0.100', figure: 'bytes.sent' }],
  ['perf.network.bytes.sent', null],
  ['perf.memory.percent.used', null],
])('%s is about %j', (metric, subject) => {
  expect(metricSubject(metric)).toEqual(subject)
})
