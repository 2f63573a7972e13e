import { describe, expect, test } from 'bun:test'
import { links } from '../../../src/agent/probes/network/links.ts'
import { battery } from '../../../src/agent/probes/sensors/battery.ts'
import { gpu } from '../../../src/agent/probes/sensors/gpu.ts'
import { kernel } from '../../../src/agent/probes/system/kernel.ts'
import { time } from '../../../src/agent/probes/system/time.ts'
import { isNewerInstalled, parseAvailable, updates } from '../../../src/agent/probes/system/updates.ts'
import { openProcFs } from '../../../src/platform/proc.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { EXTRA_FILES } from './everything.ts'
import { measure } from './measure.ts'

describe('what the kernel counts', () => {
  const at = (files: Readonly<Record<string, string>>) => fakeProc({ files: { ...EXTRA_FILES, ...files } })

  test('kills, swapping and TCP are what was added, tables what is in use', async () => {
    const later = at({
      '/proc/vmstat': 'pswpin 150\npswpout 1200\noom_kill 3\n',
      '/proc/net/snmp': 'Tcp: OutSegs RetransSegs\nTcp: 4950 70\n',
      '/proc/sys/fs/file-nr': '3200\t1200\t10000\n',
    })
    expect(await measure(kernel, [at({}), later])).toEqual({
      'perf.kernel.oom.kills': 1,
      'perf.swap.pages.in': 5,
      'perf.swap.pages.out': 100,
      'perf.tcp.retransmits.percent': 5,
      'perf.conntrack.percent.used': 0.5,
      'perf.files.percent.used': 20,
      'perf.files.open': 2000,
    })
  })

  test('what a kernel or a container does not show is left out', async () => {
    const old = fakeProc({ files: { '/proc/vmstat': 'pswpin 1\npswpout 1\n' } })
    expect(await measure(kernel, [old, old])).toEqual({ 'perf.swap.pages.in': 0, 'perf.swap.pages.out': 0 })
  })

  test('a full table is full', async () => {
    const full = at({
      '/proc/sys/net/netfilter/nf_conntrack_count': '262150\n',
      '/proc/sys/fs/file-nr': 'x\n',
    })
    const found = await measure(kernel, [full])
    expect(found?.['perf.conntrack.percent.used']).toBe(100)
    expect(found).not.toHaveProperty('perf.files.open')
  })
})

describe('the clock', () => {
  test('says whether something keeps it, and how well', async () => {
    const clock = { isSynchronized: false, offset: -0.001_234_567, maxError: 16.000_4 }
    expect(await measure(time, [fakeProc({ clock })])).toEqual({
      'perf.time.synchronized.state': 0,
      'perf.time.offset.seconds': -0.001235,
      'perf.time.error.seconds': 16,
    })
    expect(await measure(time, [fakeProc({ clock: null })])).toBeNull()
  })

  test('of this very machine is read', () => {
    const clock = openProcFs().readClock()
    expect(clock).not.toBeNull()
    expect(Math.abs(clock?.offset ?? 9)).toBeLessThan(1)
    // The kernel lets it grow to 16 s while nothing keeps the clock.
    expect(clock?.maxError).toBeGreaterThanOrEqual(0)
    expect(clock?.maxError).toBeLessThanOrEqual(16.1)
  })
})

describe('links', () => {
  const card = (name: string, files: Readonly<Record<string, string | Error>>) =>
    Object.fromEntries(
      Object.entries({ 'device/vendor': '0x8086\n', ...files }).map(([file, text]) => [
        `/sys/class/net/${name}/${file}`,
        text,
      ]),
    )

  test('a card that has had a link and has none is down; a socket that was never used is nothing', async () => {
    const files = {
      ...card('eno1', { carrier: '1\n', carrier_up_count: '3\n', speed: '10000\n' }),
      ...card('eno2', { carrier: '0\n', carrier_up_count: '2\n', speed: '-1\n' }),
      ...card('eno3', { carrier: '0\n', carrier_up_count: '0\n', speed: '-1\n' }),
      // Switched off by an administrator.
      ...card('eno4', { carrier: new Error('EINVAL: invalid argument'), carrier_up_count: '1\n' }),
      ...card('ens18', { carrier: '1\n', speed: '-1\n' }),
      '/sys/class/net/docker0/carrier': '0\n',
      '/sys/class/net/docker0/carrier_up_count': '5\n',
    }
    expect(await measure(links, [fakeProc({ files })])).toEqual({
      'perf.link.eno1.state': 1,
      'perf.link.eno1.megabits': 10_000,
      'perf.link.eno2.state': 0,
      'perf.link.ens18.state': 1,
    })
  })

  test('the speed is asked for when the link comes up, and every tenth time', async () => {
    let asked = 0
    const at = (carrier: string, speed: string, rises = '3\n') => {
      const base = fakeProc({
        files: {
          ...card('eno1', { carrier, carrier_up_count: rises, speed }),
          '/proc/net/dev': 'Inter-|\n face |\n  eno1: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n',
        },
      })
      return {
        ...base,
        readTextIfThere(path: string) {
          if (path.endsWith('/speed')) asked++
          return base.readTextIfThere(path)
        },
      }
    }
    const up = at('1\n', '1000\n')
    await measure(
      links,
      Array.from({ length: 10 }, () => up),
    )
    expect(asked).toBe(1)
    expect(await measure(links, [up, at('0\n', '-1\n'), at('1\n', '100\n')])).toMatchObject({
      'perf.link.eno1.megabits': 100,
    })
    // Down and up again between two readings.
    expect(await measure(links, [up, up, at('1\n', '100\n', '4\n')])).toMatchObject({
      'perf.link.eno1.megabits': 100,
    })
    const changed = await measure(links, [up, ...Array.from({ length: 10 }, () => at('1\n', '2500\n'))])
    expect(changed).toMatchObject({ 'perf.link.eno1.megabits': 2500 })
  })

  test('a container has none', async () => {
    expect(await measure(links, [fakeProc({ machine: 'container' })])).toBeNull()
  })
})

describe('updates', () => {
  test.each([
    ['6.1.0-18-amd64', ['6.1.0-18-amd64', '6.1.0-25-amd64'], true],
    ['6.1.0-25-amd64', ['6.1.0-18-amd64', '6.1.0-25-amd64'], false],
    ['6.1.0-9-amd64', ['6.1.0-9-amd64', '6.1.0-10-amd64'], true],
    ['6.8.0-45-generic', ['6.8.0-45-generic', '6.8.0-48-lowlatency'], false],
    ['5.14.0-427.13.1.el9_4.x86_64', ['5.14.0-427.13.1.el9_4.x86_64', '5.14.0-503.11.1.el9_5.x86_64'], true],
    ['5.14.0-503.11.1.el9_5.x86_64', ['5.14.0-427.13.1.el9_4.x86_64', '5.14.0-503.11.1.el9_5.x86_64'], false],
    ['4.18.0-553.el8_10.x86_64', ['4.18.0-553.el8_10.x86_64', '4.18.0-553.5.1.el8_10.x86_64'], true],
    // A container sees the kernel of its host, and modules of its own at most.
    ['6.8.12-4-pve', ['6.1.0-25-amd64'], false],
    ['', [], false],
  ])('kernel %s beside %p: newer is %p', (running, installed, isNewer) => {
    expect(isNewerInstalled(running, installed)).toBe(isNewer)
  })

  test.each([
    ['12 updates can be applied immediately.\n3 of these updates are standard security updates.\n', 12, 3],
    ['1 update can be applied immediately.\n1 of these updates is a standard security update.\n', 1, 1],
    ['0 updates can be applied immediately.\n', 0, 0],
    // Ubuntu 16.04 and 18.04.
    ['\n34 packages can be updated.\n17 updates are security updates.\n', 34, 17],
    ['', null, null],
    ['something else\n', null, null],
  ])('%p', (text, pending, security) => {
    expect(parseAvailable(text)).toEqual({ pending, security })
  })

  test('a reboot is required when Debian says so, or a newer kernel lies there', async () => {
    const say = async (files: Readonly<Record<string, string>>) =>
      (await measure(updates, [fakeProc({ files })]))?.['perf.system.reboot.state']
    expect(await say({})).toBe(1)
    expect(await say({ '/run/reboot-required': '*** System restart required ***\n' })).toBe(0)
    expect(
      await say({
        '/proc/sys/kernel/osrelease': '5.14.0-427.13.1.el9_4.x86_64\n',
        '/lib/modules/5.14.0-427.13.1.el9_4.x86_64/vmlinuz': '',
        '/lib/modules/5.14.0-503.11.1.el9_5.x86_64/vmlinuz': '',
        '/lib/modules/5.14.0-999.1.1.el9_5.x86_64/modules.dep': '',
      }),
    ).toBe(0)
  })
})

describe('batteries and fans', () => {
  test("of the machine, not of its mouse, and each fan by its chip's label", async () => {
    const supply = (name: string, files: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(files).map(([file, text]) => [`/sys/class/power_supply/${name}/${file}`, `${text}\n`]),
      )
    const files = {
      ...supply('AC', { type: 'Mains', online: '1' }),
      ...supply('BAT0', {
        type: 'Battery',
        present: '1',
        capacity: '64',
        charge_full: '3500000',
        charge_full_design: '5000000',
      }),
      ...supply('BAT1', { type: 'Battery', present: '0', capacity: '0' }),
      ...supply('hidpp_battery_0', { type: 'Battery', scope: 'Device', capacity: '50' }),
      '/sys/class/hwmon/hwmon2/name': 'dell_smm\n',
      '/sys/class/hwmon/hwmon2/fan1_input': '2900\n',
      '/sys/class/hwmon/hwmon2/fan1_label': 'Processor Fan\n',
      '/sys/class/hwmon/hwmon2/fan2_input': '0\n',
      '/sys/class/hwmon/hwmon2/fan3_input': '65535\n',
    }
    expect(await measure(battery, [fakeProc({ files })])).toEqual({
      'perf.fan.dell_smm.processor-fan.rpm': 2900,
      'perf.fan.dell_smm.fan2.rpm': 0,
      'perf.battery.BAT0.percent': 64,
      'perf.battery.BAT0.health.percent': 70,
    })
  })
})

describe('graphics processors', () => {
  test('of AMD have use, memory, temperature and power; a card that shows nothing is left out', async () => {
    const files = {
      ...EXTRA_FILES,
      // An Intel card has no such files, and an older driver shows the present power instead of the average.
      '/sys/class/drm/card1/device/vendor': '0x8086\n',
      '/sys/class/drm/card2/device/gpu_busy_percent': '0\n',
      '/sys/class/drm/card2/device/hwmon/hwmon5/power1_input': '7100000\n',
      '/sys/class/drm/card0-HDMI-A-1/status': 'connected\n',
    }
    expect(await measure(gpu, [fakeProc({ files })])).toEqual({
      'perf.gpu.card0.percent.used': 37,
      'perf.gpu.card0.memory.percent': 10,
      'perf.gpu.card0.memory.bytes': 1_716_309_196,
      'perf.gpu.card0.celsius': 51,
      'perf.gpu.card0.watts': 35,
      'perf.gpu.card2.percent.used': 0,
      'perf.gpu.card2.watts': 7.1,
    })
    expect(await measure(gpu, [fakeProc({})])).toBeNull()
  })
})
