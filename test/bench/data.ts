/** The data of the benchmarks: the same numbers for us and for the peer, from a seed. */

export const METRICS = [
  'perf.processor.percent.used',
  'perf.memory.percent.used',
  'perf.pagefile.percent.used',
  'perf.network.bytes.received',
  'perf.network.bytes.sent',
  'perf.filesystem.dev.sda1.percent.used',
  'perf.filesystem.dev.sdb1.percent.used',
  'perf.filesystem.dev.sda1.percent.active',
  'perf.disk.sda.bytes.written',
  'perf.process.sshd.state',
  'perf.system.uptime.seconds',
  'perf.system.load.1',
] as const

export const HOSTS = 1000
export const MINUTES = 500

/** `bench-0007`, the name of the host of this number. */
export const hostName = (host: number) => `bench-${String(host).padStart(4, '0')}`

/** Mulberry32: small, seeded, good enough for made-up machines. Returns numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))
const round = (value: number, decimals: number) => Number(value.toFixed(decimals))

/**
 * One made-up machine. Each call gives the next minute's values in the order of METRICS: a noisy processor
 * with one decimal, slow memory and filesystems with two, rates in whole bytes, a constant, a state that
 * seldom changes, a counter, a load.
 */
export function machine(host: number): () => number[] {
  const next = random(0x5eed + host * 7919)
  const noise = () => next() + next() + next() - 1.5
  let processor = 5 + next() * 50
  const usual = processor
  let memory = 30 + next() * 50
  const pagefile = round(next() * 20, 2)
  const traffic = 10 ** (3 + next() * 3)
  let root = 20 + next() * 60
  let data = 20 + next() * 60
  let busy = next() * 20
  let uptime = Math.floor(next() * 1e7)
  let load = next() * 2
  return () => {
    processor = clamp(processor + (usual - processor) * 0.2 + noise() * 6, 0, 100)
    memory = clamp(memory + noise() * 0.15, 1, 99)
    root = clamp(root + (next() < 0.3 ? noise() * 0.02 : 0), 0, 100)
    data = clamp(data + (next() < 0.05 ? 0.01 : 0), 0, 100)
    busy = clamp(busy + noise() * 3, 0, 100)
    uptime += 60
    load = clamp(load * 0.9 + next() * 0.3, 0, 64)
    return [
      round(processor, 1),
      round(memory, 2),
      pagefile,
      Math.floor(traffic * (0.5 + next())),
      Math.floor(traffic * 0.4 * (0.5 + next())),
      round(root, 2),
      round(data, 2),
      round(busy, 1),
      Math.floor(next() < 0.4 ? 0 : next() * 2e6),
      1,
      uptime,
      round(load, 2),
    ]
  }
}

/**
 * Start of the benchmark's samples: a UTC day's beginning, far enough back that every minute of `minutes` is
 * past.
 */
export function startTime(now: number, minutes: number): number {
  return Math.floor((now - minutes * 60) / 86400) * 86400
}
