import { mergeGroups } from '../../domain/hosts/group.ts'
import { addToCounter } from '../database/counters.ts'
import type { Database, Transaction } from '../database/database.ts'
import { placeValues } from '../database/dialect.ts'

/**
 * Groups of hosts. `host.said_groups` holds those that the agent reports, `host.given_groups` those that
 * users gave, both as JSON, so that a host is read in one row; `host_group` is the union of the two, for
 * finding hosts by group.
 */

type Kind = 'said_groups' | 'given_groups'

export function parseGroups(text: string | null): string[] {
  return text === null ? [] : (JSON.parse(text) as string[])
}

/** Replaces the groups of one kind that the host had. */
export async function saveGroups(
  transaction: Transaction,
  host: number,
  kind: Kind,
  groups: readonly string[],
): Promise<void> {
  const other = kind === 'said_groups' ? 'given_groups' : 'said_groups'
  const [row] = await transaction.query<{ other: string | null }>(
    `SELECT ${other} AS other FROM host WHERE id = ? ${transaction.dialect.forUpdate}`,
    [host],
  )
  if (!row) return
  await transaction.run(`UPDATE host SET ${kind} = ? WHERE id = ?`, [
    groups.length === 0 ? null : JSON.stringify(groups),
    host,
  ])
  await deleteGroups(transaction, host)
  for (const name of mergeGroups(groups, parseGroups(row.other)))
    await transaction.run('INSERT INTO host_group (name, host) VALUES (?, ?)', [name, host])
}

export function deleteGroups(transaction: Transaction, host: number): Promise<number> {
  return transaction.run('DELETE FROM host_group WHERE host = ?', [host])
}

/** False when there is no host of this name. */
export function giveGroups(
  database: Database,
  name: string,
  choose: (given: readonly string[]) => readonly string[] | null,
): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const [row] = await transaction.query<{ id: number; given_groups: string | null }>(
      `SELECT id, given_groups FROM host WHERE name = ? ${transaction.dialect.forUpdate}`,
      [name],
    )
    if (!row) return false
    const groups = choose(parseGroups(row.given_groups))
    if (groups === null) return true
    await saveGroups(transaction, row.id, 'given_groups', mergeGroups(groups))
    await addToCounter(transaction, 'revision', 1)
    return true
  })
}

/** Greater than every text that a name may be. */
export const LAST_TEXT = '\u{10ffff}'

/** Names in use, sorted; at most `limit`. Costs by the number of groups, whatever the number of hosts. */
export async function listGroups(database: Database, limit: number): Promise<string[]> {
  const { dialect } = database
  const rows = await database.query<{ name: string }>(
    `${dialect.stepThrough('host_group', 'name')} SELECT value AS name FROM step WHERE value IS NOT NULL ${dialect.stepOrder()} LIMIT ?`,
    ['', LAST_TEXT, LAST_TEXT, limit],
  )
  return rows.map(({ name }) => name)
}

/** Ids of the hosts that are in any of `count` groups; the group names are its parameters. */
export const hostsOfGroups = (count: number) =>
  `SELECT host FROM host_group WHERE name IN (${placeValues(count)})`

/** Ids of the hosts of a group; the name is its parameter. */
export const HOSTS_OF_GROUP = 'SELECT host FROM host_group WHERE name = ?'
