import { metricSubject } from '../metrics/metric.ts'
import type { Host } from './host.ts'

/** A filesystem as the newest frame of its host has it. */
export type Filesystem = {
  /** Its name in metrics: `dev.sda1`. */
  readonly name: string
  /** Its name for people: the mount point, or the device. */
  readonly title: string
  /** The metric of its percentage in use. */
  readonly metric: string
  /** Percent in use. */
  readonly used: number
  /** Bytes that programs can still use; null when the agent does not report them. */
  readonly free: number | null
}

/** Made once: each call of `localeCompare` with options would make its own. */
const byNumber = new Intl.Collator('en', { numeric: true })

/** Tells the percentage of space in use from the other metrics of filesystems, that of inodes included. */
export function isDiskUse(metric: string): boolean {
  const parts = metricSubject(metric)
  return parts?.kind === 'filesystem' && parts.figure === 'percent.used'
}

/** The filesystems that have a percentage in use, the fullest first; those that are as full by their titles. */
export function listFilesystems({ latest, mounts }: Pick<Host, 'latest' | 'mounts'>): Filesystem[] {
  const found: Filesystem[] = []
  // Without a list of all of its values, of which there are hundreds: lists of hosts ask this of each.
  for (const metric in latest) {
    if (!metric.startsWith('perf.filesystem.') || !isDiskUse(metric)) continue
    const used = latest[metric] ?? 0
    const name = metricSubject(metric)?.subject ?? ''
    const free = latest[`perf.filesystem.${name}.bytes.free`] ?? null
    found.push({ name, title: mounts?.[name] ?? filesystemTitle(name), metric, used, free })
  }
  return found.sort((a, b) => b.used - a.used || byNumber.compare(a.title, b.title))
}

/** Null when the host reports none. */
export const findFullest = (host: Pick<Host, 'latest' | 'mounts'>): Filesystem | null =>
  listFilesystems(host)[0] ?? null

/**
 * The name for people of a filesystem whose metrics have this name: `/dev/sda1` for `dev.sda1`, `C:` for a
 * drive. The name of a device may hold dots, so only a known folder is written with slashes.
 */
export function filesystemTitle(name: string): string {
  if (/^[a-z]$/.test(name)) return `${name.toUpperCase()}:`
  if (name.startsWith('dev.mapper.')) return `/dev/mapper/${name.slice('dev.mapper.'.length)}`
  return name.startsWith('dev.') ? `/dev/${name.slice('dev.'.length)}` : name
}
