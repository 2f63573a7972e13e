import { ReaderGoneError, signalOfReader } from '../../lib/reader.ts'
import { TooBusyError } from '../../lib/too-busy-error.ts'
import type { Report } from './report.ts'

/** Reports that are made at once: each holds a row of every host, or the outages of a year, until it is written. */
const AT_ONCE = 2
/** Reports that wait for their turn; further ones are refused. */
const MOST_WAITING = 64

/** Lets few works run at once, the others in the order of their coming. A reader that has gone by then gets none. */
export class ReportTurns {
  readonly #waiting: (() => void)[] = []
  #running = 0

  async run<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING)
        throw new TooBusyError('too many reports are being made: try again in a moment')
      await this.#wait()
    } else this.#running++
    try {
      if (signalOfReader()?.aborted) throw new ReaderGoneError()
      return await act()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      // It takes over the place.
      else next()
    }
  }

  /** Who leaves meanwhile gives the place to those who still wait: reloading a page must not refuse the others theirs. */
  #wait(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    const leave = () => {
      const at = this.#waiting.indexOf(resolve)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      reject(new ReaderGoneError())
    }
    signalOfReader()?.addEventListener('abort', leave, { once: true })
    return promise
  }
}

/** The report, made when it is its turn among all that share `turns`. */
export const inTurn = (turns: ReportTurns, report: Report): Report => ({
  ...report,
  load: (input) => turns.run(() => report.load(input)),
})
