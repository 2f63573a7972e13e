import { RAID_METRICS } from '../../../domain/metrics/declared/raid.ts'
import { POOL_STATUS, placeOfStatus } from '../../../domain/metrics/declared/statuses.ts'
import type { ProcFs } from '../../../platform/proc.ts'
import { addSample } from '../arithmetic.ts'
import { createUniqueNames, toMetricPart } from '../metric-name.ts'
import { defineProbe, type ProbeSample } from '../probe.ts'

export type RaidReading = {
  readonly arrays: readonly RaidArray[]
  /** The state of each pool of ZFS, as `ONLINE`. */
  readonly pools: ReadonlyMap<string, string>
  readonly btrfs: readonly {
    readonly name: string
    readonly missing: number
    readonly errors: number | null
  }[]
}

export type RaidArray = {
  readonly name: string
  readonly isActive: boolean
  /** Disks that it lacks or has found to be broken. */
  readonly missing: number
  /** Percent of a rebuild, check or reshape; null while there is none. */
  readonly rebuilt: number | null
}

/**
 * Arrays and pools of several disks. Linux: /proc/mdstat, the states of pools in /proc/spl/kstat/zfs, and the
 * counters that btrfs has in /sys since Linux 5.14.
 */
export const raid = defineProbe<RaidReading>({
  name: 'raid',
  metrics: RAID_METRICS,
  keepSeconds: 10,
  linux(proc) {
    const mdstat = proc.has('/proc/mdstat') ? proc.readText('/proc/mdstat') : ''
    const reading = { arrays: parseMdstat(mdstat), pools: readPools(proc), btrfs: readBtrfs(proc) }
    return reading.arrays.length + reading.pools.size + reading.btrfs.length === 0 ? null : reading
  },
  samples({ arrays, pools, btrfs }) {
    const samples: ProbeSample[] = []
    // Labels of btrfs need not differ, and names of pools may in characters that a metric's name can't hold.
    const poolNames = createUniqueNames()
    const btrfsNames = createUniqueNames()
    for (const { name, isActive, missing, rebuilt } of arrays) {
      const part = `perf.raid.${toMetricPart(name)}`
      addSample(samples, `${part}.state`, isActive && missing === 0 ? 1 : 0)
      addSample(samples, `${part}.disks.missing`, missing)
      addSample(samples, `${part}.rebuild.percent`, rebuilt)
    }
    for (const [name, state] of pools) {
      const part = `perf.pool.${poolNames.claim(toMetricPart(name))}`
      addSample(samples, `${part}.state`, state === 'ONLINE' ? 1 : 0)
      addSample(samples, `${part}.status`, placeOfStatus(POOL_STATUS, state))
    }
    for (const { name, missing, errors } of btrfs) {
      const part = `perf.btrfs.${btrfsNames.claim(toMetricPart(name))}`
      addSample(samples, `${part}.disks.missing`, missing)
      addSample(samples, `${part}.errors`, errors)
    }
    return samples
  },
})

/**
 * The disks of Intel's and LSI's controllers belong to a container, which holds their description and never runs; the
 * arrays in it have lines of their own, with the container's name (`external:/md127/0`).
 */
const CONTAINER = / super external:(?!\/)/

/** Linear and striped arrays can't miss a disk, and have no such field. */
export function parseMdstat(text: string): RaidArray[] {
  const arrays: RaidArray[] = []
  // An array is a line that begins with its name, and those behind it that are indented.
  for (const [, name = '', body = ''] of text.matchAll(/^(md[^ :\n]*) : (.*(?:\n[ \t].*)*)/gm)) {
    if (CONTAINER.test(body)) continue
    const [, wanted, working, slots = ''] = /\[(\d{1,4})\/(\d{1,4})\] \[([U_]+)\]/.exec(body) ?? []
    const broken = [...(body.split('\n')[0] ?? '').matchAll(/\]\(F\)/g)].length
    const spare = /^active (?:\([^)]*\) )?raid1 /.test(body) ? countNeverFilled(slots) : 0
    const lacking = wanted === undefined ? 0 : Math.max(0, Number(wanted) - Number(working) - spare)
    const [, done] = /(?:recovery|resync|check|reshape|repair) *= *(\d{1,3}(?:\.\d+)?)%/.exec(body) ?? []
    const rebuilt = done === undefined || Number(done) > 100 ? null : Number(done)
    // An array that is not started yet, or has lost too many disks, is inactive.
    arrays.push({
      name,
      isActive: /^active\b/.test(body),
      missing: Math.max(lacking, wanted === undefined || spare > 0 ? broken : 0),
      rebuilt,
    })
  }
  return arrays.slice(0, MAX_ARRAYS)
}

/** An administrator's own mirror has hardly more. */
const MOST_MIRRORS = 4

/**
 * A NAS mirrors its system over a slot for each bay that it might get: `[32/4] [UUUU____…]` on QNAP, `[16/4]` on
 * Synology. Slots behind the last disk of such a mirror are not missed.
 */
function countNeverFilled(slots: string): number {
  const filled = slots.lastIndexOf('U') + 1
  return slots.length > MOST_MIRRORS && filled >= 2 ? slots.length - filled : 0
}

const MAX_ARRAYS = 64
const ZFS = '/proc/spl/kstat/zfs'

function readPools(proc: ProcFs): Map<string, string> {
  const pools = new Map<string, string>()
  if (!proc.has(ZFS)) return pools
  for (const pool of proc
    .list(ZFS)
    .sort()
    .slice(0, 2 * MAX_ARRAYS)) {
    const state = proc.readTextIfThere(`${ZFS}/${pool}/state`)?.trim()
    if (state !== undefined && /^[A-Z]{2,20}$/.test(state)) pools.set(pool, state)
  }
  return pools
}

const BTRFS = '/sys/fs/btrfs'

function readBtrfs(proc: ProcFs): RaidReading['btrfs'] {
  if (!proc.has(BTRFS)) return []
  const ids = proc
    .list(BTRFS)
    .filter((name) => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name))
    .sort()
  return ids.slice(0, MAX_ARRAYS).map((id) => {
    const label = proc.readTextIfThere(`${BTRFS}/${id}/label`)?.trim() ?? ''
    let missing = 0
    let errors: number | null = null
    for (const disk of proc.list(`${BTRFS}/${id}/devinfo`)) {
      const path = `${BTRFS}/${id}/devinfo/${disk}`
      if (proc.readTextIfThere(`${path}/missing`)?.trim() === '1') missing++
      const stats = proc.readTextIfThere(`${path}/error_stats`)
      if (stats === null) continue
      const counts = [...stats.matchAll(/^\w+ (\d{1,15})$/gm)].map(([, count]) => Number(count))
      errors = counts.reduce((sum, count) => sum + count, errors ?? 0)
    }
    return { name: label === '' ? id : label, missing, errors }
  })
}
