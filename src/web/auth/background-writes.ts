import type { Log } from '../../lib/log.ts'

/**
 * Runs a small write that no answer waits for, so that pages can be read while the database takes no changes,
 * as when another process holds its lock. One of a key at a time; a further one meanwhile is left out.
 */
export type WriteAside = (key: string, write: () => Promise<void>) => void

/** A failure is logged once, until a write succeeds. */
export function createBackgroundWrites(log: Log): WriteAside {
  const running = new Set<string>()
  let failing = false

  async function run(key: string, write: () => Promise<void>) {
    running.add(key)
    try {
      await write()
      failing = false
    } catch (error) {
      if (!failing) log.warn('sessions are not extended and token use is not recorded', { error })
      failing = true
    } finally {
      running.delete(key)
    }
  }

  return (key, write) => {
    if (!running.has(key)) void run(key, write)
  }
}
