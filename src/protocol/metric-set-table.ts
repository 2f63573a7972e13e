import { MAX_METRICS } from './message.ts'
import type { NameList } from './names.ts'

/**
 * Names that one connection may keep under all its layout numbers; more are refused, to be tried on a new
 * connection.
 */
export const MAX_CONNECTION_NAMES = 4 * MAX_METRICS

/** The lists of names that one connection has given, by number. */
export class MetricSetTable {
  /** Nearly every connection has one list, and that one needs no map. */
  #layout = -1
  #list: NameList | undefined = undefined
  #others: Map<number, NameList> | null = null
  #names = 0

  find(layout: number): NameList | undefined {
    return layout === this.#layout ? this.#list : this.#others?.get(layout)
  }

  /** False when the connection keeps too many names already. */
  set(layout: number, list: NameList): boolean {
    const names = this.#names - (this.find(layout)?.width ?? 0) + list.width
    if (names > MAX_CONNECTION_NAMES) return false
    if (this.#list === undefined || layout === this.#layout) {
      this.#layout = layout
      this.#list = list
    } else {
      this.#others ??= new Map()
      this.#others.set(layout, list)
    }
    this.#names = names
    return true
  }
}
