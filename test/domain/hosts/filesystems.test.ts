import { describe, expect, test } from 'bun:test'
import { filesystemTitle, findFullest, listFilesystems } from '../../../src/domain/hosts/filesystems.ts'

describe('filesystems of a host', () => {
  test('are those with a percentage in use, the fullest first', () => {
    const latest = {
      'perf.filesystem.dev.sda1.percent.used': 40,
      'perf.filesystem.dev.sda1.bytes.free': 1024,
      'perf.filesystem.dev.sda1.inodes.percent.used': 99,
      'perf.filesystem.dev.sda2.bytes.free': 7,
      'perf.filesystem.tank.data.percent.used': 93.2,
      'perf.memory.percent.used': 100,
    }
    expect(listFilesystems({ latest })).toEqual([
      {
        name: 'tank.data',
        title: 'tank.data',
        metric: 'perf.filesystem.tank.data.percent.used',
        used: 93.2,
        free: null,
      },
      {
        name: 'dev.sda1',
        title: '/dev/sda1',
        metric: 'perf.filesystem.dev.sda1.percent.used',
        used: 40,
        free: 1024,
      },
    ])
    expect(findFullest({ latest: {} })).toBeNull()
  })

  test('are called by their devices, whose names keep their dots', () => {
    expect(['c', 'dev.sda1', 'dev.mapper.vg0.x-data', 'overlay', 'tank.home'].map(filesystemTitle)).toEqual([
      'C:',
      '/dev/sda1',
      '/dev/mapper/vg0.x-data',
      'overlay',
      'tank.home',
    ])
  })
})
