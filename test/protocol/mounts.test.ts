import { expect, test } from 'bun:test'
import { MAX_MOUNT_POINT, MAX_MOUNTS } from '../../src/domain/hosts/host.ts'
import { readEvents } from '../../src/protocol/event-report.ts'
import { readFacts } from '../../src/protocol/field.ts'
import { Tally } from '../../src/protocol/rejection-tally.ts'

const mountsOf = (mounts: unknown) => readFacts({ ip: '10.0.0.5', mounts }, null)?.mounts

test('mount points are taken by the names of their filesystems', () => {
  expect(mountsOf({ 'dev.sda1': '/', tank: '/srv/größe' })).toEqual({ 'dev.sda1': '/', tank: '/srv/größe' })
})
test.each([['none'], [['/']], [null], [{}], [{ 'dev.sda1': 7 }]])('%p are none', (mounts) => {
  expect(mountsOf(mounts)).toBeUndefined()
})
test('too many are left out, and long ones cut', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`dev.sd${i}`, '/x']))
  expect(Object.keys(mountsOf(many) ?? {})).toHaveLength(MAX_MOUNTS)
  expect(mountsOf({ a: `/${'b'.repeat(1000)}` })?.a).toHaveLength(MAX_MOUNT_POINT)
})
test('an event may carry its value; anything but a finite number counts as none', () => {
  const event = {
    uid: 'a',
    change: 1,
    time: 1_800_000_000,
    metric: 'x',
    severity: 1,
    status: 'open',
    message: 'm',
  }
  const valueIn = (value: unknown) => readEvents([{ ...event, value }], new Tally())[0]?.value
  expect([valueIn(96.5), valueIn('96'), valueIn(null), valueIn(Number.NaN)]).toEqual([
    96.5,
    undefined,
    undefined,
    undefined,
  ])
})
