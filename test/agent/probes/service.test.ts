import { expect, test } from 'bun:test'
import { isServiceName, service } from '../../../src/agent/probes/programs/service.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { expectFailure } from '../../support/failure.ts'
import { measure } from './measure.ts'

const services = ['nginx', 'ssh.service', 'getty@tty1', 'systemd-fsck@dev-disk\\x2dby', 'gone', 'x.timer']
const states = (found: Record<string, number> | null) =>
  Object.fromEntries(
    Object.entries(found ?? {}).map(([name, value]) => [
      name.slice('perf.service.'.length, -'.state'.length),
      value,
    ]),
  )

test('believes what systemd keeps of its units', async () => {
  const proc = fakeProc({
    links: {
      '/run/systemd/units/invocation:nginx.service': 'abc',
      '/run/systemd/units/invocation:ssh.service': 'abc',
      '/run/systemd/units/invocation:getty@tty1.service': 'abc',
      '/run/systemd/units/invocation:systemd-fsck@dev-disk\\x2dby.service': 'abc',
    },
  })
  expect(states(await measure(service, [proc], { context: { services } }))).toEqual({
    nginx: 1,
    ssh: 1,
    'getty@tty1': 1,
    'systemd-fsck@dev-disk_x2dby': 1,
    gone: 0,
  })
})

test('follows aliases, but not the link of an instance to its template', async () => {
  const proc = fakeProc({
    links: {
      '/run/systemd/units/invocation:ssh.service': 'abc',
      '/run/systemd/units/invocation:app@one.service': 'abc',
      '/etc/systemd/system/sshd.service': '/lib/systemd/system/ssh.service',
      '/etc/systemd/system/masked.service': '/dev/null',
      '/etc/systemd/system/app@one.service': '/lib/systemd/system/app@.service',
    },
  })
  const context = { services: ['sshd', 'masked', 'app@one'] }
  expect(states(await measure(service, [proc], { context }))).toEqual({ sshd: 1, masked: 0, 'app@one': 1 })
})

test.each(['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'])(
  'with an older systemd looks for processes in the groups below %s',
  async (root) => {
    const proc = fakeProc({
      files: {
        [`${root}/system.slice/nginx.service/cgroup.procs`]: '12\n',
        [`${root}/system.slice/system-getty.slice/getty@tty1.service/cgroup.procs`]: '13\n',
        [`${root}/system.slice/ssh.service/cgroup.procs`]: '',
        [`${root}/system.slice/docker.service/cgroup.procs`]: '',
        [`${root}/system.slice/docker.service/init/cgroup.procs`]: '14\n',
        [`${root}/app.slice/app-web.slice/shop.service/cgroup.procs`]: '15\n',
      },
    })
    const context = { services: ['nginx', 'getty@tty1', 'ssh', 'docker', 'shop', 'gone'] }
    expect(states(await measure(service, [proc], { context }))).toEqual({
      nginx: 1,
      'getty@tty1': 1,
      ssh: 0,
      docker: 1,
      shop: 1,
      gone: 0,
    })
  },
)

test('without systemd nothing is known', async () => {
  await expectFailure(
    measure(service, [fakeProc({})], { context: { services } }),
    'systemd does not run here',
  )
})

test('reads nothing when no service is configured', async () => {
  expect(await measure(service, [fakeProc({})])).toBeNull()
})

test.each([
  ['nginx', true],
  ['nginx.service', true],
  ['dbus-org.freedesktop.login1', true],
  ['backup.timer', false],
  ['../x', false],
  ['', false],
])('%j names a service: %j', (name, expected) => {
  expect(isServiceName(name)).toBe(expected)
})
