import type { Reader } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'
import { BLOCK_COLUMNS, type BlockRow } from './blocks.ts'

/** Days asked for in one statement. */
export const DAYS_AT_ONCE = 64

/**
 * Lengths of the lists in statements: few, so that each statement is prepared once, and one for a graph of a
 * day.
 */
const LENGTHS = [1, 8, DAYS_AT_ONCE, 512]

/** The shortest list that holds this many, of at most 512. */
export function listLength(count: number): number {
  return LENGTHS.find((length) => length >= count) ?? count
}

/** Writes a statement once for each length of its list. */
export function statementByLength(write: (list: string) => string): (length: number) => string {
  const known = new Map<number, string>()
  return (length) => {
    let statement = known.get(length)
    if (statement === undefined) {
      statement = write(placeValues(length))
      if (LENGTHS.includes(length)) known.set(length, statement)
    }
    return statement
  }
}

const selectBlocks = statementByLength(
  (days) => `SELECT ${BLOCK_COLUMNS} FROM block WHERE host = ? AND day IN (${days})`,
)
const selectRevisions = statementByLength(
  (days) => `SELECT day, revision FROM block WHERE host = ? AND day IN (${days})`,
)

/**
 * A block is changed by one commit after the other, each slower than a reading: this many in a row are not a
 * coincidence.
 */
const MAX_READINGS = 100

/** A host's blocks, ascending by day, and what `readMore` made of them. */
export type ConsistentRead<T> = { readonly blocks: readonly BlockRow[]; readonly more: T }

/**
 * The host's blocks of the days from `first` to `last`, at most `DAYS_AT_ONCE` of them, and with `readMore`
 * the rows that they refer to. Where the statements did not see one snapshot, each sees what is committed by
 * then, and the values of a chunk that was compacted meanwhile do not match the times of the block that was
 * read before: then all of it is read again.
 */
export async function readSteadily<T>(
  reader: Reader,
  host: number,
  readMore: (blocks: readonly BlockRow[]) => Promise<T>,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<ConsistentRead<T>> {
  // Places behind the last day repeat it, so that the statements are always the same.
  const days = Array.from({ length: listLength(last - first + 1) }, (_, i) => Math.min(first + i, last))
  for (let i = 0; i < MAX_READINGS; i++) {
    const snapshot = reader.snapshot?.()
    const rows = await reader.query<BlockRow>(selectBlocks(days.length), [host, ...days])
    const blocks = rows.sort((a, b) => a.day - b.day)
    const more = await readMore(blocks)
    if (blocks.length === 0) return { blocks, more }
    if (snapshot !== undefined && reader.snapshot?.() === snapshot) return { blocks, more }
    const now = await reader.query<Revision>(selectRevisions(days.length), [host, ...days])
    if (areSame(blocks, now)) return { blocks, more }
  }
  throw new Error(`the blocks of host ${host} change faster than they can be read`)
}

type Revision = Pick<BlockRow, 'day' | 'revision'>

function areSame(before: readonly Revision[], now: readonly Revision[]): boolean {
  if (before.length !== now.length) return false
  const revisions = new Map(now.map(({ day, revision }) => [day, revision]))
  return before.every(({ day, revision }) => revisions.get(day) === revision)
}
