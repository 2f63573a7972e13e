import type { CommandInput, Option } from '../roles/command.ts'
import { formatTable } from './table.ts'

/** The option of every command that lists something. */
export const JSON_OPTION = { json: { kind: 'flag', doc: 'As JSON' } } as const satisfies Record<
  string,
  Option
>

export type Listing<T> = {
  /** Name of the list in JSON, as in the API. */
  readonly name: string
  readonly items: readonly T[]
  /** How many there are in all; as many as the items unless given. */
  readonly total?: number
  /** In the API's words. */
  readonly describe: (item: T) => object
  readonly headings: readonly string[]
  readonly row: (item: T) => readonly string[]
}

/** Prints a list as a table, or as the API would give it with `--json`. */
export function printList<T>(input: CommandInput, listing: Listing<T>): void {
  const { name, items, total = items.length, describe, headings, row } = listing
  if (input.flag('json')) input.print(JSON.stringify({ total, [name]: items.map(describe) }))
  else input.print(formatTable(headings, items.map(row)))
}
