import { closeSync, openSync, statSync, utimesSync } from 'node:fs'

/**
 * The event engine's sign of life, for `monitor health events`: in the data folder, its time of change
 * counts.
 */
export const HEARTBEAT_FILE = 'events-heartbeat'

/** Sets the file's time of change to `now` (milliseconds since 1970), and makes it when it is not there. */
export function beat(file: string, nowMs: number): void {
  const time = nowMs / 1000
  try {
    utimesSync(file, time, time)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    closeSync(openSync(file, 'a', 0o600))
    utimesSync(file, time, time)
  }
}

/** Seconds since the newest of these files was changed; null when none is there. */
export function readAge(files: readonly string[], nowMs: number): number | null {
  const times = files.flatMap((file) => {
    const found = statSync(file, { throwIfNoEntry: false })
    return found === undefined ? [] : [found.mtimeMs]
  })
  return times.length === 0 ? null : Math.max(0, (nowMs - Math.max(...times)) / 1000)
}
