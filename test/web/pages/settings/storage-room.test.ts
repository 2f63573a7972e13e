import { expect, test } from 'bun:test'
import { roomView, storageModel } from '../../../../src/web/pages/settings/storage.tsx'

const textOf = (up: number, samples = 1_000_000) =>
  String(roomView(storageModel({ bytes: 1e6, samples, up, metricsOfHost: 50, free: 1e9 })))

test('growth is told of the hosts that are up, and not as none where none is', () => {
  expect(textOf(10)).toContain('the hosts that are up add about 703\u202fKiB a day')
  expect(textOf(0)).toContain('No host is up, so nothing is added now.')
  expect(textOf(0)).not.toContain('0\u202fB')
  expect(textOf(10, 100)).toContain('Daily growth is shown once there are more samples.')
})
