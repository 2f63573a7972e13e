import { countSilent } from './add-host.ts'
import type { ImportedUser, ImportOptions, Note } from './import-options.ts'
import type { OriginalTable } from './tables.ts'
import { countOpen, takeEvents } from './take-events.ts'
import { takeHosts } from './take-hosts.ts'
import { takeRules } from './take-rules.ts'
import { takeSamples } from './take-samples.ts'
import { takeUsers } from './take-users.ts'

/** The result for the rows of one table. */
export type ImportCount = { readonly table: OriginalTable; read: number; taken: number; left: number }

export type ImportResult = {
  readonly counts: readonly ImportCount[]
  readonly newUsers: readonly ImportedUser[]
  /** The names of all administrators after the import; empty when there is none. */
  readonly admins: readonly string[]
  /** Events that are open there and here. */
  readonly open: number
  /** Imported hosts that have not reported here yet. */
  readonly silent: number
}

/**
 * Imports hosts, samples, events, notification rules and users. Repeating it changes nothing, so it may be
 * interrupted; later changes by people stay. Invalid rows are left out, counted and reported.
 */
export async function importOriginal(options: ImportOptions): Promise<ImportResult> {
  const newUsers: ImportedUser[] = []
  const counts: ImportCount[] = []
  for (const [table, take] of [
    ['agentsystem', takeHosts],
    ['agentdata', takeSamples],
    // Before the events, so that they are there when an engine that runs asks them.
    ['notifyrule', takeRules],
    ['agentevents', takeEvents],
    ['users', (given: ImportOptions, note: Note) => takeUsers(given, note, (user) => newUsers.push(user))],
  ] as const) {
    const total = await options.original.count(table)
    const count: ImportCount = { table, read: 0, taken: 0, left: 0 }
    counts.push(count)
    const note: Note = (row, reason) => {
      count.read++
      if (reason === null) count.taken++
      else {
        count.left++
        options.onLeftOut({ table, row: row(), reason })
      }
      options.onProgress(table, count.read, total)
    }
    await take(options, note)
  }
  const users = await options.store.users.list()
  const admins = users.filter(({ access }) => access === 'admin').map(({ name }) => name)
  return { counts, newUsers, admins, open: await countOpen(options), silent: await countSilent(options) }
}
