import { toUsedName } from '../../domain/sample.ts'
import { MAX_METRICS } from '../message.ts'
import type { NameLists } from '../names.ts'
import { Spellings } from './legacy-metric.ts'

/** The meaning of a list of row keys, worked out once. */
export type RowShape = {
  /** How many keys were given, the time's among them. */
  readonly width: number
  /** `metrics[i]` stands under `keys[i]` in the row, whose spelling the original allowed. */
  readonly keys: readonly string[]
  readonly metrics: readonly string[]
  /**
   * Whether `metrics[i]` is used space while the row holds the free space; null when that is true of none.
   */
  readonly isFree: readonly boolean[] | null
  /** Names as the agent spells them, by those that are kept; null when none differs. */
  readonly spellings: Readonly<Record<string, string>> | null
  readonly refused: number
}

/** Characters of the keys of all shapes that are kept; the oldest shape goes first. */
const MAX_CHARACTERS = 8 * 1024 * 1024

const shapesByLists = new WeakMap<NameLists, RowShapes>()

/** The shapes of all connections that share these lists: each packet of the original comes on one of its own. */
export function findShapes(nameLists: NameLists): RowShapes {
  const known = shapesByLists.get(nameLists) ?? new RowShapes(nameLists)
  shapesByLists.set(nameLists, known)
  return known
}

export class RowShapes {
  readonly #nameLists: NameLists
  readonly #shapes = new Map<string, RowShape>()
  #characters = 0

  constructor(nameLists: NameLists) {
    this.#nameLists = nameLists
  }

  /** Null when a row has more keys than a host may have metrics. */
  find(row: object): RowShape | null {
    const keys = Object.keys(row)
    if (keys.length > MAX_METRICS + 1) return null
    const joined = keys.join('\n')
    const known = this.#shapes.get(joined)
    // A key with a line end in it is refused and could pass for two others: such shapes are never kept.
    if (known !== undefined && known.width === keys.length) return known
    const shape = this.#read(keys)
    if (shape.refused === 0) this.#keep(joined, shape)
    return shape
  }

  #keep(joined: string, shape: RowShape): void {
    this.#shapes.set(joined, shape)
    this.#characters += joined.length
    for (const oldest of this.#shapes.keys()) {
      if (this.#characters <= MAX_CHARACTERS) return
      this.#shapes.delete(oldest)
      this.#characters -= oldest.length
    }
  }

  #read(all: readonly string[]): RowShape {
    const names = all.filter((key) => key !== 'time')
    const spellings = new Spellings()
    const legal = names.map((name) => spellings.read(name))
    const { metrics, columns, refused } = this.#nameLists.intern(legal.map(toUsedName))
    const keys = columns === null ? names : columns.map((column) => names[column] ?? '')
    const isFree = metrics.map((metric, i) => metric !== legal[columns?.[i] ?? i])
    return {
      ...{ width: all.length, keys, metrics, refused: refused.length },
      isFree: isFree.includes(true) ? isFree : null,
      spellings: spellings.take(),
    }
  }
}
