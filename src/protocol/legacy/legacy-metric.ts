import { MAX_METRIC_NAME } from '../../domain/sample.ts'

const FORBIDDEN = /[^\p{L}\p{N}._:@+~#%()-]/gu
/** Nearly every name there is. Asked first: the other pattern made each packet 10 µs dearer. */
const PLAIN = /^[A-Za-z0-9._:@+~#%()-]*$/

/**
 * The name of a metric as our own agent would write it. Services and processes keep in the original's names
 * what Windows allows there (`perf.service.mssql$sqlexpress.state`); such a character becomes `_`.
 */
export function toLegacyMetric(name: string): string {
  return PLAIN.test(name) ? name : name.replace(FORBIDDEN, '_')
}

/** How one sender spells the names that are kept under another, by the latter. */
export class Spellings {
  #found: Record<string, string> = Object.create(null)
  #isAny = false

  /** As `toLegacyMetric`; what differs is remembered. */
  read(name: string): string {
    const legal = toLegacyMetric(name)
    if (legal !== name) {
      this.#found[legal] = name.slice(0, MAX_METRIC_NAME)
      this.#isAny = true
    }
    return legal
  }

  /** The names read before, when any of them differed. */
  add(found: Readonly<Record<string, string>>): void {
    Object.assign(this.#found, found)
    this.#isAny = true
  }

  /** All that were met since the last call; null when there were none. */
  take(): Readonly<Record<string, string>> | null {
    if (!this.#isAny) return null
    const found = this.#found
    this.#found = Object.create(null)
    this.#isAny = false
    return found
  }
}
