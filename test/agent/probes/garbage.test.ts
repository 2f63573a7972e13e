import { expect, test } from 'bun:test'
import { probes } from '../../../src/agent/probes/index.ts'
import { isMetricName } from '../../../src/domain/sample.ts'
import type { ProcFs } from '../../../src/platform/proc.ts'
import { fakeProc } from '../../platform/fake-proc.ts'
import { CLOCK, EXTRA_FILES } from './everything.ts'

/** Mulberry32, so that a failure can be had again. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const PIECES = [
  '-1',
  'NaN',
  '1e999',
  '18446744073709551615',
  '',
  ' ',
  '\n',
  '\0',
  '∞',
  '0',
  '/',
  '..',
  ':',
  '\\040',
  '99999999999999999999999',
]

/** Takes out, puts in and repeats pieces of real text. */
function damage(text: string, random: (below: number) => number): string {
  let found = text
  for (let i = random(6); i >= 0; i--) {
    const at = random(found.length + 1)
    const length = random(12)
    const piece =
      random(4) === 0
        ? found.slice(random(found.length + 1)).slice(0, 40)
        : (PIECES[random(PIECES.length)] ?? '')
    found = found.slice(0, at) + piece + found.slice(at + length)
  }
  return found
}

const MACHINES = ['debian-12', 'ubuntu-lvm', 'centos-6', 'container', 'hypervisor', 'storage']
function damagedMachine(random: (below: number) => number): ProcFs {
  const proc = fakeProc({
    machine: MACHINES[random(MACHINES.length)] ?? '',
    files: EXTRA_FILES,
    clock: CLOCK,
  })
  const harm = (text: string) => (random(3) === 0 ? text : damage(text, random))
  return {
    ...proc,
    readText: (path) => harm(proc.readText(path)),
    readTextIfThere: (path) => {
      const text = proc.readTextIfThere(path)
      return text === null ? null : harm(text)
    },
  }
}

/** Percentages stay within 0 and 100, nothing but a temperature and a clock is below zero, and nothing is no number. */
function isSane(metric: string, value: number): boolean {
  if (!isMetricName(metric) || !Number.isFinite(value)) return false
  if (metric.startsWith('perf.temperature.')) return value > -100 && value < 200
  if (metric === 'perf.time.offset.seconds') return true
  return value >= 0 && (!/\.percent(\.|$)/.test(metric) || value <= 100)
}

test.each(probes.map((probe) => [probe.name, probe] as const))(
  '%s makes no wrong figures of damaged files',
  async (_, probe) => {
    const random = createRandom(20_260_101)
    const context = { processes: ['init', 'nginx'], services: ['ssh'] }
    let figures = 0
    for (let round = 0; round < 300; round++) {
      let previous: unknown = null
      for (let cycle = 0; cycle < 2; cycle++) {
        try {
          const reading = await probe.linux(damagedMachine(random), context, previous)
          const samples = reading === null ? [] : probe.samples(reading, previous, 60)
          for (const { metric, value } of samples)
            if (!isSane(metric, value)) throw new RangeError(`${metric} ${value}`)
          figures += samples.length
          previous = reading
        } catch (error) {
          // A probe may refuse a file, with words of its own.
          expect(error).toBeInstanceOf(Error)
          expect(error).not.toBeInstanceOf(RangeError)
          expect(error).not.toBeInstanceOf(TypeError)
          previous = null
        }
      }
    }
    if (probe.name !== 'service') expect(figures).toBeGreaterThan(0)
  },
)
