import type { Clock } from '../../src/lib/clock.ts'

export type FakeClock = Clock & {
  /**
   * Moves both clocks on, running the timers that fall due, each at its own time, and lets promises settle
   * between.
   */
  advance(ms: number): Promise<void>
  /** Sets the wall clock alone, as an administrator or NTP would. */
  jump(toMs: number): void
}

/** A clock that stands still until it is moved. Starts at 2026-01-01T00:00:00Z by default. */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let wall = startMs
  let monotonic = 0
  let next = 0
  const timers = new Map<number, { due: number; act: () => void }>()

  async function settle() {
    for (let i = 0; i < 10; i++) await Promise.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }

  return {
    now: () => Math.floor(wall / 1000),
    nowMs: () => wall,
    monotonicMs: () => monotonic,
    after(ms, act) {
      const id = next++
      timers.set(id, { due: monotonic + Math.max(0, ms), act })
      return { cancel: () => timers.delete(id) }
    },
    async advance(ms) {
      const end = monotonic + ms
      for (;;) {
        const due = [...timers].filter(([, t]) => t.due <= end).sort((a, b) => a[1].due - b[1].due)[0]
        if (!due) break
        const [id, timer] = due
        timers.delete(id)
        wall += timer.due - monotonic
        monotonic = timer.due
        timer.act()
        await settle()
      }
      wall += end - monotonic
      monotonic = end
      await settle()
    },
    jump: (toMs) => {
      wall = toMs
    },
  }
}
