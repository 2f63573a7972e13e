/** Metrics of a made-up machine of which some say what others say, as those of real machines do. */
export const RELATED = [
  'memory.used',
  'memory.available',
  'memory.percent',
  'received.all',
  'received.eth0',
  'active.disk',
  'active.filesystem',
  'processor.system',
  'processor.user',
  'alone',
  'odd',
  'steady',
] as const

/** So many of them refer to another one's chunk; the percentage of memory could, but is read too often. */
export const FOLLOWING = 4

const TOTAL = 8_232_574_976

/** The values of `RELATED` at the next minute. `random` gives numbers from 0 up to 1. */
export function relatedMachine(random: () => number): () => number[] {
  let pages = 500_000
  let active = 20
  return () => {
    pages += Math.floor((random() - 0.5) * 20_000)
    active = Math.max(0, Math.min(100, active + (random() - 0.5) * 10))
    const used = pages * 4096
    const received = Math.floor(random() ** 2 * 1e6)
    const disk = Math.round(active * 10) / 10
    const system = Math.round(random() * 600) / 10
    const user = Math.round((100 - system - (random() < 0.1 ? 1 : 0)) * 10) / 10
    return [
      used,
      TOTAL - used,
      Math.round((used / TOTAL) * 1000) / 10,
      received,
      received,
      disk,
      random() < 0.05 ? Math.round(disk * 10 + 1) / 10 : disk,
      system,
      user,
      Math.floor(random() * 5000),
      random() * 1e-3,
      7,
    ]
  }
}
