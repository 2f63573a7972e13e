import { expect, test } from 'bun:test'
import { parseStat, processor } from '../../../src/agent/probes/system/processor.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { measure } from './measure.ts'

const at = (line: string) => fakeProc({ files: { '/proc/stat': `${line}\ncpu0 1 2 3 4\n` } })
const part = (name: string) => `perf.processor.percent.${name}`

test('reads captured machines', () => {
  expect(parseStat(fakeProc({ machine: 'ubuntu-lvm' }).readText('/proc/stat'))).toEqual({
    user: 18857,
    system: 6925,
    idle: 2184317,
    iowait: 9321,
    steal: 120,
  })
  expect(parseStat(fakeProc({ machine: 'debian-12' }).readText('/proc/stat')).user).toBeGreaterThan(0)
  expect(parseStat(fakeProc({ machine: 'centos-6' }).readText('/proc/stat')).steal).toBe(0)
})

test('reports the shares of the interval, guests counted once', async () => {
  const states = [at('cpu  100 10 50 1000 40 5 5 10 80 5'), at('cpu  140 20 60 1110 60 10 10 20 110 5')]
  expect(await measure(processor, states)).toEqual({
    [part('used')]: 38.1,
    [part('user')]: 23.8,
    [part('system')]: 9.5,
    [part('iowait')]: 9.5,
    [part('steal')]: 4.8,
  })
})

const nothing: [string, string, string][] = [
  ['user time went backwards', 'cpu  100 0 50 1000 40 0 0 0', 'cpu  70 0 60 1100 40 0 0 0'],
  ['a processor was taken out', 'cpu  100 0 50 1000 40 0 0 0', 'cpu  110 0 50 500 40 0 0 0'],
  ['no tick has passed', 'cpu  100 0 50 1000 40 0 0 0', 'cpu  100 0 50 1000 40 0 0 0'],
]
test.each(nothing)('has no value when %s', async (_, before, now) => {
  expect(await measure(processor, [at(before), at(now)])).toEqual({})
})

test('has no value at the first reading', async () => {
  expect(await measure(processor, [at('cpu  1 2 3 4 5 6 7 8')])).toEqual({})
})

test('takes waiting time that the kernel took back as none, and still knows what was used', async () => {
  const states = [at('cpu  100 0 0 1000 50 0 0 0'), at('cpu  120 0 0 1090 40 0 0 0')]
  expect(await measure(processor, states)).toEqual({
    [part('used')]: 20,
    [part('user')]: 20,
    [part('system')]: 0,
    [part('iowait')]: 0,
    [part('steal')]: 0,
  })
})

test.each(['', 'cpu', 'cpu0 1 2 3 4', 'cpu  1 2 x 4', 'cpu  -1 2 3 4'])('refuses %j', (text) => {
  expect(() => parseStat(text)).toThrow('/proc/stat')
})

test.each([
  ['user', 'cpu  99 0 60 1080 40 0 0 10'],
  ['idle', 'cpu  180 0 60 999 40 0 0 10'],
  ['steal', 'cpu  120 0 60 1060 40 0 0 9'],
])('has all values when %s steps back by a tick', async (_, now) => {
  const found = (await measure(processor, [at('cpu  100 0 50 1000 40 0 0 10'), at(now)])) ?? {}
  expect(Object.keys(found)).toHaveLength(5)
  expect(Object.values(found).every((value) => value >= 0 && value <= 100)).toBe(true)
})
