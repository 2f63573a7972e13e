import { expect, test } from 'bun:test'
import { probes } from '../../../src/agent/probes/index.ts'
import { createProbeRunner } from '../../../src/agent/probes/runner.ts'
import { METRICS } from '../../../src/domain/metrics/catalogue.ts'
import { createLog } from '../../../src/lib/log.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { fakeClock } from '../../support/clock.ts'
import { CLOCK, EXTRA_FILES } from './everything.ts'

const DISKS = ['sda', 'sdb', 'sdc', 'sdd', 'nvme0n1']
const CARDS = ['eno1', 'eno2', 'eno3', 'eno4']
const POINTS = ['/', '/boot', '/home', '/var', '/srv', '/srv/backup', '/opt', '/data', '/var/log', '/tmp']

/** An ordinary server with two rows of disks, four cards, sensors of its board, pools and an array. */
function server(step: number) {
  const files: Record<string, string> = { ...EXTRA_FILES }
  files['/proc/diskstats'] = DISKS.map(
    (name, i) => `8 ${i * 16} ${name} ${step} 0 ${step} ${step} ${step} 0 ${step} ${step} 0 ${step} ${step}`,
  ).join('\n')
  files['/proc/self/mountinfo'] = POINTS.map(
    (point, i) => `${i + 1} 0 253:${i} / ${point} rw - ext4 /dev/mapper/vg-${i} rw`,
  ).join('\n')
  files['/proc/net/dev'] = [
    '',
    '',
    ...CARDS.map((name) => `${name}: ${step} 1 0 0 0 0 0 0 ${step} 1 0 0 0 0 0 0`),
  ].join('\n')
  for (const [i, name] of CARDS.entries()) {
    files[`/sys/class/net/${name}/device/vendor`] = '0x8086\n'
    files[`/sys/class/net/${name}/ifindex`] = `${i + 2}\n`
    files[`/sys/class/net/${name}/carrier`] = '1\n'
    files[`/sys/class/net/${name}/carrier_up_count`] = '1\n'
    files[`/sys/class/net/${name}/speed`] = '1000\n'
  }
  files['/sys/class/hwmon/hwmon0/name'] = 'coretemp\n'
  for (let core = 1; core <= 18; core++) files[`/sys/class/hwmon/hwmon0/temp${core}_input`] = '45000\n'
  for (let fan = 1; fan <= 8; fan++) files[`/sys/class/hwmon/hwmon1/fan${fan}_input`] = '1200\n'
  return fakeProc({ machine: 'ubuntu-lvm', files, clock: CLOCK })
}

/** How many series a subject has, such as a service, when all that is declared of it is there. */
const countOf = (prefix: string) => METRICS.filter(({ name }) => name.startsWith(prefix)).length

test('an ordinary server has at most 300 series', async () => {
  const clock = fakeClock()
  let step = 1000
  const runner = createProbeRunner({
    probes,
    platform: { system: 'linux', proc: { ...server(step), readText: (path) => server(step).readText(path) } },
    context: { processes: [], services: [] },
    clock,
    log: createLog({ level: 'error', format: 'text', write: () => {} }),
  })
  await runner.run()
  step = 2000
  await clock.advance(60_000)
  const { samples } = await runner.run()
  const names = samples.map(({ metric }) => metric)
  // These prove that the fixture was read, so that the number is not small for lack of input.
  for (const name of [
    'perf.disk.nvme0n1.latency.read',
    'perf.network.eno4.bytes.received',
    'perf.filesystem.dev.mapper.vg-9.percent.used',
    'perf.link.eno1.megabits',
    'perf.raid.md0.state',
    'perf.pool.tank.state',
  ])
    expect(names).toContain(name)
  const services = 10 * countOf('perf.service.<name>.') + countOf('perf.systemd.')
  const drives = DISKS.length * countOf('perf.drive.<drive>.')
  const own = countOf('perf.agent.')
  const all = names.length + services + drives + own
  expect(all).toBeGreaterThan(200)
  expect(all).toBeLessThanOrEqual(300)
})
