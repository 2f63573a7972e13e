/**
 * Hosts whose replaced runs are remembered; for a forgotten host, two agents may at worst take turns for half
 * a minute.
 */
const MOST_HOSTS = 10_000
/** Runs that one host remembers. */
const MOST_RUNS = 8

type Replaced = {
  readonly runs: readonly string[]
  /** Runs whose reports were refused as those of a copy. */
  readonly copies: readonly string[]
  readonly at: number
}

const NONE: Replaced = { runs: [], copies: [], at: Number.NEGATIVE_INFINITY }

/**
 * Runs of agents that another run has replaced, as far as this process has seen it. A restart is always a new
 * run: if a replaced run sends again, it never ended, so there are two agents.
 */
export class ReplacedRuns {
  readonly #hosts = new Map<number, Replaced>()

  /** Another run sends for the host from `at` on, by the server's clock. */
  note(host: number, run: string, at: number): void {
    const known = this.#hosts.get(host) ?? NONE
    this.#keep(host, { ...known, runs: added(known.runs, run), at })
  }

  /** The run was refused, because another one sends for the host. */
  noteCopy(host: number, run: string): void {
    const known = this.#hosts.get(host) ?? NONE
    this.#keep(host, { ...known, copies: added(known.copies, run) })
  }

  /** True when the run was kept out, which it stays though the other one starts again. */
  isCopy(host: number, run: string): boolean {
    return this.#hosts.get(host)?.copies.includes(run) ?? false
  }

  /** When the run of now took the place of the one before; null when `run` was never replaced. */
  findTakeover(host: number, run: string): number | null {
    const replaced = this.#hosts.get(host)
    return replaced?.runs.includes(run) ? replaced.at : null
  }

  #keep(host: number, replaced: Replaced): void {
    this.#hosts.delete(host)
    if (this.#hosts.size >= MOST_HOSTS) {
      const [oldest] = this.#hosts.keys()
      if (oldest !== undefined) this.#hosts.delete(oldest)
    }
    this.#hosts.set(host, replaced)
  }
}

const added = (runs: readonly string[], run: string): readonly string[] =>
  [...runs.filter((other) => other !== run), run].slice(-MOST_RUNS)
