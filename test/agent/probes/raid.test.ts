import { expect, test } from 'bun:test'
import { parseMdstat, raid } from '../../../src/agent/probes/disks/raid.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { measure } from './measure.ts'

/** As Debian 12, Ubuntu 22.04, Rocky 9 and a Synology (Linux 4.4) have it. */
const MDSTAT = `Personalities : [raid1] [raid6] [raid5] [raid4] [linear] [multipath] [raid0] [raid10]
md0 : active raid1 sdb1[1] sda1[0]
      1046528 blocks super 1.2 [2/2] [UU]

md1 : active (auto-read-only) raid1 sdb2[1] sda2[0](F)
      976630464 blocks super 1.2 [2/1] [_U]
      bitmap: 3/8 pages [12KB], 65536KB chunk

md127 : active raid5 sde1[5] sdd1[2] sdc1[1] sdb3[0]
      5860147200 blocks super 1.2 level 5, 512k chunk, algorithm 2 [4/3] [UUU_]
      [==>..................]  recovery = 12.6% (246312704/1953382400) finish=187.2min speed=151939K/sec

md3 : inactive sdf1[1](S)
      976630464 blocks super 1.2

md4 : active raid0 sdg1[1] sdh1[0]
      1953258496 blocks super 1.2 512k chunks

md2 : active raid5 sda3[0] sdc3[2] sdb3[1]
      7804374912 blocks super 1.2 level 5, 64k chunk, algorithm 2 [3/3] [UUU]
      \tresync=PENDING
md9 : active raid10 sdi[0] sdj[1]
      976630464 blocks super 1.2 2 near-copies [2/2] [UU]
      [=>...................]  check =  7.0% (68485120/976630464) finish=76.1min speed=198705K/sec

unused devices: <none>
`

test('arrays are whole, lack disks, are rebuilt or do not run', () => {
  expect(
    parseMdstat(MDSTAT).map(({ name, isActive, missing, rebuilt }) => [name, isActive, missing, rebuilt]),
  ).toEqual([
    ['md0', true, 0, null],
    ['md1', true, 1, null],
    ['md127', true, 1, 12.6],
    ['md3', false, 0, null],
    ['md4', true, 0, null],
    ['md2', true, 0, null],
    ['md9', true, 0, 7],
  ])
  expect(parseMdstat('Personalities : \nunused devices: <none>\n')).toEqual([])
  expect(parseMdstat('')).toEqual([])
})

/** With Intel's RAID, as mdadm's list of messages and bug reports of Debian and Proxmox have it. */
const IMSM = `Personalities : [raid1] [raid10]
md126 : active raid1 sda[1] sdb[0]
      1953511424 blocks super external:/md127/0 [2/1] [U_]

md127 : inactive sda[1](S) sdb[0](S)
      6306 blocks super external:imsm

md125 : inactive sdc[1](S)
      65536 blocks super external:ddf

md_d0 : active raid10 sde[3](S) sdf[2](F) sdg[1] sdh[0]
      1953260928 blocks super 1.2 64K chunks 2 far-copies [2/2] [UU]
      bitmap: 1/8 pages [4KB], 131072KB chunk

md10 : active (read-only) linear sdi[0] sdj[1](F)
      1953260928 blocks super 1.2 0k rounding

md11 : broken raid0 sdk[0] sdl[1]
      1953260928 blocks super 1.2 512k chunks

md12 : active raid6 sdm[0] sdn[1] sdo[2] sdp[3] sdq[4](J)
      3906521856 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/4] [UUUU]
      [>....................]  reshape =  0.0% (1/1953260928) finish=9999.9min speed=0K/sec
      resync=DELAYED
unused devices: sdz[0] <none>
`

test('the container of the disks of a controller is no array', () => {
  expect(
    parseMdstat(IMSM).map(({ name, isActive, missing, rebuilt }) => [name, isActive, missing, rebuilt]),
  ).toEqual([
    ['md126', true, 1, null],
    ['md_d0', true, 0, null],
    ['md10', true, 1, null],
    ['md11', false, 0, null],
    ['md12', true, 0, 0],
  ])
})

/** As Beszel's and Netdata's bug reports have them. */
test.each([
  ['[32/4] [UUUU____________________________]', 'sda1[0] sdb1[2] sdc1[1] sdd1[24]', 0],
  ['[16/4] [UUUU____________]', 'sda1[0] sdb1[1] sdc1[2] sdd1[3]', 0],
  ['[32/3] [U_UU____________________________]', 'sda1[0] sdc1[2] sdd1[3]', 1],
  ['[32/3] [UUU_____________________________]', 'sda1[0] sdb1[1] sdc1[2] sdd1[3](F)', 1],
  ['[8/1] [U_______]', 'sda1[0]', 7],
  ['[3/2] [UU_]', 'sda1[0] sdb1[1]', 1],
  ['[2/1] [U_]', 'sda1[0]', 1],
])('the mirror of a NAS with %s of %s lacks %d', (slots, disks, missing) => {
  const text = `md9 : active raid1 ${disks}\n      530048 blocks super 1.0 ${slots}\n      bitmap: 1/1 pages [4KB], 65536KB chunk\n`
  expect(parseMdstat(text).map((array) => array.missing)).toEqual([missing])
  // Others need all their disks.
  const [other] = parseMdstat(text.replace('raid1', 'raid5'))
  expect(other?.missing).toBeGreaterThan(0)
})

test('filesystems of btrfs with one label are both kept', async () => {
  const ids = ['0cd1c0cd-8e2f-4a35-b6c9-4d5c2b1e2f3a', '1cd1c0cd-8e2f-4a35-b6c9-4d5c2b1e2f3a']
  const files = Object.fromEntries(
    ids.flatMap((id, i) => [
      [`/sys/fs/btrfs/${id}/label`, 'data\n'],
      [`/sys/fs/btrfs/${id}/devinfo/1/missing`, `${i}\n`],
    ]),
  )
  expect(await measure(raid, [fakeProc({ files })])).toEqual({
    'perf.btrfs.data.disks.missing': 0,
    'perf.btrfs.data.2.disks.missing': 1,
  })
})

test('pools of ZFS and disks of btrfs are reported beside them', async () => {
  const id = '/sys/fs/btrfs/0cd1c0cd-8e2f-4a35-b6c9-4d5c2b1e2f3a'
  const files = {
    '/proc/mdstat': MDSTAT,
    '/proc/spl/kstat/zfs/tank/state': 'ONLINE\n',
    '/proc/spl/kstat/zfs/backup pool/state': 'DEGRADED\n',
    '/proc/spl/kstat/zfs/arcstats': '9 1 0x01\n',
    '/sys/fs/btrfs/features/raid56': '0\n',
    [`${id}/label`]: '\n',
    [`${id}/devinfo/1/missing`]: '0\n',
    [`${id}/devinfo/1/error_stats`]: 'write_errs 2\nread_errs 5\nflush_errs 0\n',
    [`${id}/devinfo/2/missing`]: '1\n',
  }
  const found = await measure(raid, [fakeProc({ files })])
  expect(found).toMatchObject({
    'perf.raid.md0.state': 1,
    'perf.raid.md1.state': 0,
    'perf.raid.md1.disks.missing': 1,
    'perf.raid.md127.rebuild.percent': 12.6,
    'perf.raid.md3.state': 0,
    'perf.pool.tank.state': 1,
    'perf.pool.tank.status': 1,
    'perf.pool.backup_pool.state': 0,
    'perf.pool.backup_pool.status': 2,
    'perf.btrfs.0cd1c0cd-8e2f-4a35-b6c9-4d5c2b1e2f3a.disks.missing': 1,
    'perf.btrfs.0cd1c0cd-8e2f-4a35-b6c9-4d5c2b1e2f3a.errors': 7,
  })
  expect(Object.keys(found ?? {}).filter((name) => name.startsWith('perf.pool'))).toHaveLength(4)
})

test('a machine without any of them says nothing', async () => {
  expect(await measure(raid, [fakeProc({})])).toBeNull()
})
