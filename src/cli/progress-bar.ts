import type { Clock } from '../lib/clock.ts'

export type ProgressBar = {
  /** Shows how much of `total` is done, and the current step. */
  show(done: number, total: number, what: string): void
  /** Leaves the line. */
  end(): void
}

const WIDTH = 30
const REDRAW_MS = 200
/** Without a terminal a line is written so often. */
const LINE_MS = 10_000

/** On standard error: a bar on a terminal, else now and then a line. */
export function createProgressBar(clock: Clock): ProgressBar {
  const isTerminal = process.stderr.isTTY === true
  let drawn = Number.NEGATIVE_INFINITY
  let isOpen = false
  return {
    show(done, total, what) {
      const now = clock.monotonicMs()
      if (now - drawn < (isTerminal ? REDRAW_MS : LINE_MS) && done < total) return
      drawn = now
      const share = total === 0 ? 1 : Math.min(1, done / total)
      const figures = `${Math.floor(share * 100)} % ${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`
      if (!isTerminal) {
        process.stderr.write(`${figures}\n`)
        return
      }
      const filled = Math.round(share * WIDTH)
      process.stderr.write(`\r[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${figures}\u001b[K`)
      isOpen = true
    },
    end() {
      if (isOpen) process.stderr.write('\n')
      isOpen = false
    },
  }
}
