import { expect, test } from 'bun:test'
import { isOfFamily } from '../../../src/domain/metrics/metric-family.ts'

test('a family takes the names that are of it', () => {
  const family = { name: 'perf.disk.<disk>.bytes.read', doc: '' }
  expect(isOfFamily('perf.disk.sda.bytes.read', family)).toBe(true)
  expect(isOfFamily('perf.disk.dm-0.part.bytes.read', family)).toBe(true)
  for (const other of ['perf.disk..bytes.read', 'perf.disk.sda.bytes.readx', 'perf-disk.sda.bytes.read'])
    expect(isOfFamily(other, family)).toBe(false)
})
