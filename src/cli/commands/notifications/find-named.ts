import { CommandError } from '../../../lib/exit-codes.ts'

/** The one of this name, else of this number. Throws `CommandError` when there is none. */
export function findNamed<T extends { readonly id: number; readonly name: string }>(
  all: readonly T[],
  wanted: string,
  what: string,
): T {
  const found = all.find(({ name }) => name === wanted) ?? all.find(({ id }) => String(id) === wanted)
  if (found === undefined) throw new CommandError(`there is no ${what} "${wanted}"`)
  return found
}
