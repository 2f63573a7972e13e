import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

/** A clock that continues over restarts of the program, until the machine restarts. */
export type BootClock = {
  /** Names this start of the machine. */
  readonly id: string
  /** Since that start, with the time that the machine slept. */
  seconds(): number
}

/** Null where the system does not name its starts. */
export function openBootClock(): BootClock | null {
  if (process.platform !== 'linux') return null
  try {
    return { id: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), seconds: uptime }
  } catch {
    return null
  }
}
