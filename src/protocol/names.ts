import { isMetricName } from '../domain/sample.ts'
import { HostNames } from './host-names.ts'

/** A list of names from a sender, checked once. */
export type NameList = {
  /** The valid names, each once. The same list of names is the same object for every sender. */
  readonly metrics: readonly string[]
  /** How many names were sent. */
  readonly width: number
  /** Where `metrics[i]` was among the names sent; null when all were taken. */
  readonly columns: readonly number[] | null
  /** Columns of the names that were refused. */
  readonly refused: readonly number[]
}

/**
 * Keeps one copy of every list of names in use, over all connections, so that storage can know a list by its
 * identity and a name is checked once. Bounded by characters: the oldest list goes first.
 */
export class NameLists {
  /** Names of hosts, over all connections too. */
  readonly hosts = new HostNames()
  readonly #lists = new Map<string, NameList>()
  readonly #mostCharacters: number
  #characters = 0

  constructor(mostCharacters = 16 * 1024 * 1024) {
    this.#mostCharacters = mostCharacters
  }

  /** `names` is not kept when the list is known. */
  intern(names: readonly string[]): NameList {
    const key = names.join('\n')
    const known = this.#lists.get(key)
    // Only names without line ends are kept, so the same key and width are the same names.
    if (known !== undefined && known.width === names.length) return known
    const list = this.#check(names)
    if (list.refused.length > 0) return list
    this.#lists.set(key, list)
    this.#characters += key.length
    for (const oldest of this.#lists.keys()) {
      if (this.#characters <= this.#mostCharacters) break
      this.#lists.delete(oldest)
      this.#characters -= oldest.length
    }
    return list
  }

  #check(names: readonly string[]): NameList {
    const seen = new Set<string>()
    const columns: number[] = []
    const refused: number[] = []
    names.forEach((name, column) => {
      if (isMetricName(name) && !seen.has(name)) {
        seen.add(name)
        columns.push(column)
      } else refused.push(column)
    })
    const width = names.length
    if (refused.length === 0) return { metrics: [...names], width, columns: null, refused }
    // The good names alone are a list that others may send as well: storage should see one object for both.
    return { metrics: this.intern([...seen]).metrics, width, columns, refused }
  }
}
