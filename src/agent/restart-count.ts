import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock } from '../lib/clock.ts'

/** Files of the data folder, of services and of containers. */
export const RESTARTS_FILES = {
  services: 'agent-restarts.json',
  containers: 'agent-container-restarts.json',
} as const

const HOUR_MS = 3_600_000
/** Services or containers that are remembered; no more than 300 are asked about. */
const MAX_KEPT = 1000

type Restart = { readonly name: string; readonly count: number; readonly atMs: number }

/**
 * How often services were started again within the last hour, from the totals that systemd counts, or containers by
 * those of their engine. A file keeps them for the next start of the agent: otherwise its own restart would end the
 * event of a service that goes on to fail.
 */
export class RestartCount {
  readonly #clock: Clock
  /** Null keeps nothing. */
  readonly #file: string | null
  #totals: ReadonlyMap<string, number> = new Map()
  #seen: readonly Restart[] = []
  #isLoaded = false

  constructor(clock: Clock, file: string | null) {
    this.#clock = clock
    this.#file = file
  }

  /** By the names in `totals`; those without a restart are left out. */
  note(totals: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    if (!this.#isLoaded) this.#load()
    const atMs = this.#clock.monotonicMs()
    const added: Restart[] = []
    for (const [name, total] of totals) {
      // A total that is smaller than before began anew: the machine, or somebody, started the service.
      const count = total - (this.#totals.get(name) ?? total)
      if (count > 0) added.push({ name, count, atMs })
    }
    const isChanged =
      added.length > 0 || [...totals].some(([name, total]) => this.#totals.get(name) !== total)
    this.#totals = new Map(totals)
    this.#seen = [...this.#seen, ...added].filter((restart) => atMs - restart.atMs < HOUR_MS)
    if (isChanged) this.#save()
    const recent = new Map<string, number>()
    for (const { name, count } of this.#seen) recent.set(name, (recent.get(name) ?? 0) + count)
    return recent
  }

  /** What is missing or broken counts as nothing: the file is a help, not a promise. */
  #load() {
    this.#isLoaded = true
    if (this.#file === null) return
    try {
      const found: unknown = JSON.parse(readFileSync(this.#file, 'utf8'))
      if (!isKept(found)) return
      const ageMs = this.#clock.nowMs() - found.savedMs
      // A clock that was set, or an agent that was off for long, has nothing to say of the last hour.
      if (ageMs < 0 || ageMs >= HOUR_MS) return
      const nowMs = this.#clock.monotonicMs()
      this.#totals = new Map(found.totals)
      this.#seen = found.seen.map(([name, count, agoMs]) => ({ name, count, atMs: nowMs - ageMs - agoMs }))
    } catch {}
  }

  #save() {
    if (this.#file === null) return
    const nowMs = this.#clock.monotonicMs()
    const kept: Kept = {
      savedMs: this.#clock.nowMs(),
      totals: [...this.#totals].slice(0, MAX_KEPT),
      seen: this.#seen.slice(-MAX_KEPT).map(({ name, count, atMs }) => [name, count, nowMs - atMs]),
    }
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify(kept), { mode: 0o600 })
      renameSync(`${this.#file}.new`, this.#file)
    } catch {}
  }
}

type Kept = {
  readonly savedMs: number
  readonly totals: readonly (readonly [name: string, total: number])[]
  /** How long before `savedMs` each was noted. */
  readonly seen: readonly (readonly [name: string, count: number, agoMs: number])[]
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false
  const { savedMs, totals, seen } = value as Partial<Record<keyof Kept, unknown>>
  const isRow = (row: unknown, length: number) =>
    Array.isArray(row) &&
    row.length === length &&
    row.every((item, i) => (i === 0 ? typeof item === 'string' : Number.isFinite(item)))
  return (
    typeof savedMs === 'number' &&
    Array.isArray(totals) &&
    totals.every((row) => isRow(row, 2)) &&
    Array.isArray(seen) &&
    seen.every((row) => isRow(row, 3))
  )
}
