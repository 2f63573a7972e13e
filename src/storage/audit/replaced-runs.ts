/** Hosts of which it is remembered; what is forgotten costs no more than that two agents take turns for half a minute. */
const MOST_HOSTS = 10_000
/** Runs that one host remembers. */
const MOST_RUNS = 8

type Replaced = { readonly runs: string[]; at: number }

/**
 * Runs of agents that another one has taken the place of, as far as this process has seen it. A restart is always
 * a new run: one that comes back was never gone, so there are two agents.
 */
export class ReplacedRuns {
  readonly #hosts = new Map<number, Replaced>()

  /** Another run speaks for the host from `at` on, by the server's clock. */
  note(host: number, run: string, at: number): void {
    const { runs } = this.#hosts.get(host) ?? { runs: [] }
    this.#hosts.delete(host)
    if (this.#hosts.size >= MOST_HOSTS) {
      const [oldest] = this.#hosts.keys()
      if (oldest !== undefined) this.#hosts.delete(oldest)
    }
    const others = runs.filter((other) => other !== run)
    this.#hosts.set(host, { runs: [...others, run].slice(-MOST_RUNS), at })
  }

  /** When the run of now took the place of the one before; null when `run` was never replaced. */
  findTakeover(host: number, run: string): number | null {
    const replaced = this.#hosts.get(host)
    return replaced?.runs.includes(run) ? replaced.at : null
  }
}
