import type { Clock } from '../../../lib/clock.ts'

/** How often and how long we come back to a locked database, without blocking, before giving up. */
const RETRY_MS = 10
const GIVE_UP_MS = 30_000

/** Tries again while another process holds the lock; between the attempts the thread can do other work. */
export async function retryBusy<T>(act: () => T, clock: Clock): Promise<T> {
  const start = clock.monotonicMs()
  for (;;) {
    try {
      return act()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (clock.monotonicMs() - start > GIVE_UP_MS)
        throw new Error(`the database stayed locked by another process for ${GIVE_UP_MS / 1000} s`, {
          cause: error,
        })
    }
    await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
  }
}

export function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code)
}
