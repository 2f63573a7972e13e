import { expect, test } from 'bun:test'
import { filesystem } from '../../../src/agent/probes/disks/filesystem.ts'
import { parseMountinfo } from '../../../src/agent/probes/disks/mountinfo.ts'
import { chooseFilesystems } from '../../../src/agent/probes/disks/mounts.ts'
import type { StatFs } from '../../../src/platform/proc.ts'
import { fakeProc, space } from '../../platform/fake-proc.ts'
import { measure } from './measure.ts'

function choose(machine: string, withRemote = false) {
  const text = fakeProc({ machine }).readText('/proc/self/mountinfo')
  return chooseFilesystems(parseMountinfo(text), withRemote).filesystems.map(
    ({ name, mount, isRemote }) => `${name} ${mount.mountPoint}${isRemote ? ' remote' : ''}`,
  )
}

test.each([
  ['debian-12', ['dev.vda /']],
  ['centos-6', ['dev.sda3 /', 'dev.sda1 /boot']],
  [
    'ubuntu-lvm',
    [
      'dev.mapper.ubuntu--vg-ubuntu--lv /',
      'dev.sda2 /boot',
      'dev.sda1 /boot/efi',
      'dev.mapper.ubuntu--vg-data /srv/big data',
      'tmpfs.run /run',
    ],
  ],
  ['container', ['overlay /', 'dev.sdb1 /data', 'dev.sda1 /etc/hosts']],
  [
    'storage',
    [
      'dev.nvme0n1p2 /',
      'tank /tank',
      'dev.sdc1 /mnt/stick',
      'tank.data /tank/data',
      'dev.sdb1 /mnt/share/local remote',
    ],
  ],
])('chooses each filesystem once on %s', (machine, expected) => {
  expect(choose(machine).sort()).toEqual([...expected].sort())
})

test('reads remote filesystems only when configured to', () => {
  expect(choose('storage', true).filter((line) => line.endsWith('remote'))).toEqual([
    'winbox.Daten_alt /mnt/win remote',
    'me@there:.home /mnt/ssh remote',
    'dev.fuse /etc/pve remote',
    'filer.example.org:.export.share /mnt/share remote',
    'dev.sdb1 /mnt/share/local remote',
  ])
})

test('of two mounts of one folder the newer is seen', () => {
  const text =
    '1 0 0:1 / / rw - rootfs rootfs rw\n2 1 8:1 / / rw - ext4 /dev/sda1 rw\n3 2 8:2 / /x rw - ext4 /dev/sda2 rw\n4 3 0:9 / /x rw - proc proc rw\n'
  expect(chooseFilesystems(parseMountinfo(text), false).filesystems.map(({ name }) => name)).toEqual([
    'dev.sda1',
  ])
})

test('a root without a device goes by its type', () => {
  const text = '1 0 0:1 / / rw - tmpfs none rw\n2 1 0:2 / /tmp rw - tmpfs none rw\n'
  expect(chooseFilesystems(parseMountinfo(text), false).filesystems.map(({ name }) => name)).toEqual([
    'tmpfs',
    'tmpfs.tmp',
  ])
})

test('filesystems in memory go by their place; those of users, services and containers are left out', () => {
  const points = [
    '/run',
    '/run/lock',
    '/run/user/1000',
    '/dev/shm',
    '/tmp',
    '/var/tmp',
    '/var/lib/kubelet/pods/1/volumes/a',
    '/sys/fs/cgroup',
  ]
  const text = points.map((point, i) => `${i} 1 0:${i + 30} / ${point} rw - tmpfs tmpfs rw`).join('\n')
  const { filesystems } = chooseFilesystems(parseMountinfo(text), false)
  expect(filesystems.map(({ name, isQuick }) => [name, isQuick])).toEqual([
    ['tmpfs.run', true],
    ['tmpfs.tmp', true],
    ['tmpfs.var.tmp', true],
  ])
})

test('of memory neither what nothing can fill nor parts of what is elsewhere count', () => {
  const text = [
    '1 0 0:1 / / rw - overlay overlay rw',
    '2 1 0:30 /containers/1/hosts /etc/hosts rw - tmpfs tmpfs rw,size=800k',
    '3 1 0:31 / /etc/secret ro - tmpfs tmpfs ro,size=4k',
    // As the agent sees what is shared by services with ProtectSystem=strict and PrivateTmp=yes.
    '4 1 0:32 / /run ro - tmpfs tmpfs rw',
    '5 1 0:33 /systemd-private-1/tmp /tmp rw - tmpfs tmpfs rw',
    '6 1 0:32 /systemd/inaccessible/dir /home ro - tmpfs tmpfs rw',
  ].join('\n')
  expect(chooseFilesystems(parseMountinfo(text), false).filesystems.map(({ name }) => name)).toEqual([
    'overlay',
    'tmpfs.run',
    'tmpfs.tmp',
  ])
})

test('reads octal escapes and optional columns', () => {
  const line =
    '9 1 8:1 /a\\134b /mnt/tab\\011here\\043 rw shared:1 master:2 - ext4 /dev/disk/by-label/my\\040disk rw'
  expect(parseMountinfo(line)).toEqual([
    {
      id: '9',
      device: '8:1',
      root: '/a\\b',
      mountPoint: '/mnt/tab\there#',
      type: 'ext4',
      source: '/dev/disk/by-label/my disk',
      isReadOnlyHere: false,
      isReadOnly: false,
      isFailed: false,
    },
  ])
})

test('reports space as df does, and busy time through device mapper', async () => {
  const before = fakeProc({ machine: 'ubuntu-lvm' })
  const disks = before.readText('/proc/diskstats').replace('80000 0 40000', '80000 0 42500')
  const now = fakeProc({ machine: 'ubuntu-lvm', files: { '/proc/diskstats': disks } })
  const found = await measure(filesystem, [before, now])
  expect(found).toMatchObject({
    'perf.filesystem.dev.mapper.ubuntu--vg-ubuntu--lv.percent.used': 44.44,
    'perf.filesystem.dev.mapper.ubuntu--vg-ubuntu--lv.bytes.free': 500 * 4096,
    'perf.filesystem.dev.mapper.ubuntu--vg-ubuntu--lv.inodes.percent.used': 50,
    'perf.filesystem.dev.mapper.ubuntu--vg-ubuntu--lv.percent.active': 25,
    'perf.filesystem.dev.sda2.percent.active': 0,
  })
  expect(Object.keys(found ?? {})).toHaveLength(24)
})

test('finds the disk below a btrfs by name or by link', async () => {
  const at = (busy: number, source: string, links: Record<string, string> = {}) =>
    fakeProc({
      files: {
        '/proc/self/mountinfo': `1 0 0:28 /@ / rw - btrfs ${source} rw\n`,
        '/proc/diskstats': ` 253 7 dm-7 1 0 1 0 1 0 1 0 0 ${busy} 0\n`,
      },
      links,
    })
  const direct = await measure(filesystem, [at(0, '/dev/dm-7'), at(1000, '/dev/dm-7')])
  expect(direct).toMatchObject({ 'perf.filesystem.dev.dm-7.percent.active': 10 })
  const links = { '/dev/mapper/luks': '../dm-7' }
  const linked = await measure(filesystem, [
    at(0, '/dev/mapper/luks', links),
    at(1000, '/dev/mapper/luks', links),
  ])
  expect(linked).toMatchObject({ 'perf.filesystem.dev.mapper.luks.percent.active': 10 })
})

const disk = space()
const other = space({ blocks: 777, files: 99 })
const containers: [string, Record<string, StatFs>, string[]][] = [
  [
    'is the one its bound files lie on',
    { '/': disk, '/etc/hosts': disk, '/data': other },
    ['overlay', 'dev.sdb1'],
  ],
  [
    'is another than the bound ones',
    { '/': other, '/etc/hosts': disk, '/data': disk },
    ['overlay', 'dev.sda1', 'dev.sdb1'],
  ],
]
test.each(containers)('a container whose disk %s', async (_, spaces, expected) => {
  const proc = fakeProc({ machine: 'container', statfs: async (path) => spaces[path] ?? null })
  const names = Object.keys((await measure(filesystem, [proc])) ?? {}).filter((name) =>
    name.endsWith('bytes.free'),
  )
  expect(names.sort()).toEqual(expected.map((name) => `perf.filesystem.${name}.bytes.free`).sort())
})

test('an overlay over a device that is mounted as well goes by the device', async () => {
  const text = '1 0 0:30 / / rw - overlay overlay rw\n2 1 8:1 / /run/rw rw - ext4 /dev/sda1 rw\n'
  const proc = fakeProc({ files: { '/proc/self/mountinfo': text } })
  expect(Object.keys((await measure(filesystem, [proc])) ?? {})).toEqual([
    'perf.filesystem.dev.sda1.percent.used',
    'perf.filesystem.dev.sda1.bytes.free',
    'perf.filesystem.dev.sda1.inodes.percent.used',
    'perf.filesystem.dev.sda1.writable',
  ])
})

test('one that does not answer, refuses or has no size is left out, the others stay', async () => {
  const answers: Record<string, () => Promise<StatFs | null>> = {
    '/boot': async () => null,
    '/run': async () => null,
    '/boot/efi': () => Promise.reject(new Error('EACCES')),
    '/srv/big data': async () =>
      space({ blocks: 0, blocksFree: 0, blocksAvailable: 0, files: 0, filesFree: 0 }),
  }
  const proc = fakeProc({
    machine: 'ubuntu-lvm',
    statfs: (path) => answers[path]?.() ?? Promise.resolve(space({ files: 0, filesFree: 0 })),
  })
  expect(Object.keys((await measure(filesystem, [proc])) ?? {})).toEqual([
    'perf.filesystem.dev.mapper.ubuntu--vg-ubuntu--lv.percent.used',
    'perf.filesystem.dev.mapper.ubuntu--vg-ubuntu--lv.bytes.free',
    'perf.filesystem.dev.mapper.ubuntu--vg-ubuntu--lv.writable',
  ])
})

test('leaves out snapshots of ZFS and layers of container engines', () => {
  const text = [
    '1 0 0:1 / / rw - zfs rpool/root rw',
    '2 1 0:2 / /home/.zfs/snapshot/daily ro - zfs rpool/home@daily rw',
    '3 1 0:3 / /var/lib/docker/zfs/graph/0a1b rw - zfs rpool/docker/0a1b rw',
    '4 1 8:1 / /var/lib/containers/storage/overlay rw - ext4 /dev/sda1 rw',
    '5 1 8:2 / /var/lib/docker rw - ext4 /dev/sdb1 rw',
  ].join('\n')
  const found = chooseFilesystems(parseMountinfo(text), false)
  expect(found.filesystems.map(({ name }) => name)).toEqual(['rpool.root', 'dev.sdb1'])
})

const zfs = (...sources: string[]) =>
  fakeProc({
    files: {
      '/proc/self/mountinfo': sources
        .map((source, i) => `${i + 1} 0 0:${i + 1} / ${i === 0 ? '/' : `/m${i}`} rw - zfs ${source} rw`)
        .join('\n'),
    },
  })

test('filesystems whose names collide keep both their values, and the new name is logged', async () => {
  const notes: unknown[] = []
  const noteOnce = (message: string, fields: unknown) => notes.push([message, fields])
  const found = await measure(filesystem, [zfs('tank', 'tank/inodes', 'tank.data', 'tank/data')], {
    context: { noteOnce },
  })
  expect(Object.keys(found ?? {}).filter((name) => name.endsWith('.bytes.free'))).toEqual(
    ['tank', 'tank.inodes.2', 'tank.data', 'tank.data.2'].map((name) => `perf.filesystem.${name}.bytes.free`),
  )
  expect(found).toHaveProperty(['perf.filesystem.tank.inodes.percent.used'])
  expect(notes).toEqual([
    ['two filesystems have the name tank.inodes', { filesystem: 'tank.inodes.2' }],
    ['two filesystems have the name tank.data', { filesystem: 'tank.data.2' }],
  ])
})

test('reports how many filesystems are left out', async () => {
  const found = await measure(filesystem, [zfs(...Array.from({ length: 140 }, (_, i) => `tank/d${i}`))])
  expect(found?.['perf.filesystem.omitted']).toBe(12)
  expect(Object.keys(found ?? {}).filter((name) => name.endsWith('.bytes.free'))).toHaveLength(128)
})

const writable = (found: Record<string, number> | null) =>
  Object.fromEntries(
    Object.entries(found ?? {}).flatMap(([name, value]) => {
      const part = /^perf\.filesystem\.dev\.(\w+)\.writable$/.exec(name)?.[1]
      return part === undefined ? [] : [[part, value]]
    }),
  )

test('in the service of systemd, all mounts are read-only and the filesystems are not', async () => {
  // ProtectSystem=strict, as /proc/self/mountinfo of the agent's service has it.
  const mounts = (root: string, data: string, image: string) =>
    [
      `1 0 8:1 / / ro,relatime shared:1 - ext4 /dev/sda1 ${root},errors=remount-ro`,
      `2 1 8:2 / /data ro,relatime - xfs /dev/sda2 ${data}`,
      `3 1 8:3 / /image ro,relatime - ext4 /dev/sda3 ${image}`,
    ].join('\n')
  const at = (text: string, fstab = '') =>
    fakeProc({ files: { '/proc/self/mountinfo': text, '/etc/fstab': fstab } })
  const [sound, broken] = [mounts('rw', 'rw', 'ro'), mounts('ro', 'rw', 'ro')]
  expect(writable(await measure(filesystem, [at(sound)]))).toEqual({ sda1: 1, sda2: 1 })
  // It took writes while the agent ran.
  const after = await measure(filesystem, [at(sound), at(broken), at(`${broken}\n`), at(broken)])
  expect(writable(after)).toEqual({ sda1: 0, sda2: 1 })
  // The agent was started later: /etc/fstab shows how it was meant to be mounted.
  const fstab = '# a comment\nUUID=1 / ext4 errors=remount-ro 0 1\n/dev/sda3 /image ext4 noatime,ro 0 2\n'
  expect(writable(await measure(filesystem, [at(broken, fstab)]))).toEqual({ sda1: 0, sda2: 1 })
  expect(writable(await measure(filesystem, [at(broken)]))).toEqual({ sda2: 1 })
})

test('one that is mounted read-only is no problem where the numbers of one that took writes are its', async () => {
  const at = (second: string) =>
    fakeProc({
      files: { '/proc/self/mountinfo': `1 0 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n${second}` },
    })
  const taken = at('2 1 7:0 / /mnt/disk rw,relatime - ext4 /dev/loop0 rw')
  const image = at('2 1 7:0 / /mnt/image ro,relatime - ext4 /dev/loop0 ro')
  expect(writable(await measure(filesystem, [taken, image]))).toEqual({ sda1: 1 })
})

test('one that is read-only by /etc/fstab may be made writable for a while', async () => {
  const at = (state: string) =>
    fakeProc({
      files: {
        '/proc/self/mountinfo': `1 0 8:1 / /boot ${state} - ext4 /dev/sda1 ${state}`,
        '/etc/fstab': '/dev/sda1 /boot ext4 ro 0 2',
      },
    })
  expect(writable(await measure(filesystem, [at('ro'), at('rw'), at('ro')]))).toEqual({})
})

test('ext4 since Linux 6.15 calls itself writable after an error', async () => {
  const text = [
    '1 0 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro,emergency_ro',
    '2 1 8:2 / /a ro,relatime - ext4 /dev/sda2 rw,errors=remount-ro,shutdown',
    '3 1 8:3 / /b rw,relatime - ext4 /dev/sda3 rw,errors=remount-ro',
  ].join('\n')
  const found = await measure(filesystem, [fakeProc({ files: { '/proc/self/mountinfo': text } })])
  expect(writable(found)).toEqual({ sda1: 0, sda2: 0, sda3: 1 })
})

test('one that the kernel made read-only is reported, one that was mounted read-only is not', async () => {
  const text = [
    '1 0 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro',
    // After a disk error the mount is still read-write, and the filesystem is not.
    '2 1 8:2 / /srv rw,relatime shared:3 - ext4 /dev/sda2 ro,errors=remount-ro',
    '3 1 8:3 / /opt ro,relatime - ext4 /dev/sda3 ro',
    '4 1 0:44 / /data rw,noatime - btrfs /dev/sdb ro,space_cache=v2',
  ].join('\n')
  const found = await measure(filesystem, [fakeProc({ files: { '/proc/self/mountinfo': text } })])
  expect(Object.entries(found ?? {}).filter(([name]) => name.endsWith('.writable'))).toEqual([
    ['perf.filesystem.dev.sda1.writable', 1],
    ['perf.filesystem.dev.sda2.writable', 0],
    ['perf.filesystem.dev.sdb.writable', 0],
  ])
})
