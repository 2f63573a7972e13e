import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../../../config/schema.ts'
import { CommandError, EXIT } from '../../../lib/exit-codes.ts'
import { type CommandInput, needText } from '../../../roles/command.ts'
import type { NamedStore, Store } from '../../../storage/ports/store.ts'
import { withStore } from '../../with-store.ts'
import { findNamed } from './find-named.ts'

type NamedThing = { readonly id: number; readonly name: string }

export type NamedKind<T extends NamedThing> = {
  /** Its name in messages and in the audit log: `maintenance window`. */
  readonly one: string
  /** The argument that names one, by its name or its number. */
  readonly argument: string
  readonly storeOf: (store: Store) => NamedStore<T>
  /** Why a thing that was kept will not work as things are: printed as warnings. */
  readonly findDoubts?: (kept: Omit<T, 'id'>, store: Store, config: Config) => Promise<readonly string[]>
}

/**
 * How the commands of rules, targets and maintenance windows add, change and delete one: a name that is taken and a
 * thing that is not there are refused with the same words, and a change that is made is in the audit log.
 */
export function namedCommands<T extends NamedThing>({
  one,
  argument,
  storeOf,
  findDoubts = async () => [],
}: NamedKind<T>) {
  const taken = (name: string) => new CommandError(`there is a ${one} "${name}" already`)
  const missing = (name: string) => new CommandError(`there is no ${one} "${name}"`)

  const warn = async (input: CommandInput, kept: Omit<T, 'id'>, store: Store, config: Config) => {
    for (const doubt of await findDoubts(kept, store, config)) input.warn(doubt)
  }

  /** Runs `act` with the thing that the command line names. `action` is for the audit log. */
  const withOne = (
    input: CommandInput,
    action: string,
    act: (found: T, store: Store, config: Config) => Promise<void>,
  ): Promise<number> =>
    withStore(
      input,
      async (store, { config }) => {
        await act(findNamed(await storeOf(store).list(), needText(input, argument), one), store, config)
        return EXIT.ok
      },
      { change: [action, needText(input, argument)] },
    )

  return {
    /** `check` throws a `CommandError` for what may not be kept. */
    add: (
      input: CommandInput,
      draft: Omit<T, 'id'> & { readonly name: string },
      check: (draft: Omit<T, 'id'>, store: Store) => void | Promise<void> = () => {},
    ): Promise<number> =>
      withStore(
        input,
        async (store, { config }) => {
          await check(draft, store)
          if ((await storeOf(store).add(draft)) === null) throw taken(draft.name)
          await warn(input, draft, store, config)
          return EXIT.ok
        },
        { change: [`add ${one}`, draft.name] },
      ),

    /** `merge` makes the new thing of the old one, and throws a `CommandError` for what may not be kept. */
    change: (
      input: CommandInput,
      merge: (before: T, store: Store) => T | Promise<T>,
      action = `change ${one}`,
    ): Promise<number> =>
      withOne(input, action, async (before, store, config) => {
        const kept = storeOf(store)
        let known: T | null = before
        while (known !== null) {
          const from: T = known
          const changed = await merge(from, store)
          // A change that another user makes at the same moment stays, unless the command line sets the same
          // field.
          const result = await kept.update(changed, (stored) => isDeepStrictEqual(stored, from))
          if (result === 'taken') throw taken(changed.name)
          if (result === 'updated') return warn(input, changed, store, config)
          known = await kept.find(before.id)
        }
        throw missing(before.name)
      }),

    /** `remove` throws a `CommandError` where something still needs it. */
    delete: (input: CommandInput, remove: (found: T, store: Store) => Promise<boolean>): Promise<number> =>
      withOne(input, `delete ${one}`, async (found, store) => {
        if (!(await remove(found, store))) throw missing(found.name)
      }),
  } as const
}
