import { HOST_CHANGES } from '../../domain/hosts/change-host.ts'
import { nameOrder } from '../../domain/hosts/name-order.ts'
import { addToCounter } from '../database/counters.ts'
import type { Transaction } from '../database/database.ts'
import { searchText } from '../hosts/host-facts.ts'
import type { HostReport } from '../ports/store.ts'

type RenamedHostRow = {
  id: number
  name: string
  ip: string
  domain: string
  platform: string
  build: string
  is_name_given: number
}

export type Followed = {
  /** The name by which the report's host is to be looked up. */
  readonly name: string
  /** Whether a host got another name: every cache of hosts has to be cleared. */
  readonly isRenamed: boolean
}

/**
 * Follows an agent whose machine has another name now: the host that had one of its former names and has its
 * key takes the new name. Where a user gave the host its name, it keeps that, and the new name leads to it.
 * Where another host has the new name already, the host keeps its own.
 */
export async function followRename(transaction: Transaction, report: HostReport): Promise<Followed> {
  const { host: name, formerNames = [], keyHash = null } = report
  const unchanged = { name, isRenamed: false }
  if (keyHash === null || formerNames.length === 0) return unchanged
  const [holder] = await transaction.query<{ key_hash: string | null }>(
    'SELECT key_hash FROM host WHERE name = ?',
    [name],
  )
  if (holder?.key_hash === keyHash) return unchanged
  const row = await findFormer(transaction, formerNames, keyHash)
  if (row === null) return unchanged
  if (holder !== undefined) return { name: row.name, isRenamed: false }
  if (row.is_name_given === 1) {
    await leadTo(transaction, name, row.id)
    return unchanged
  }
  await renameHost(transaction, row, name, false)
  await transaction.run(
    'INSERT INTO audit (time, actor, way, address, action, detail) VALUES (?, ?, ?, ?, ?, ?)',
    [report.seen, row.name, 'agent', '', HOST_CHANGES.rename, `${row.name} to ${name}`],
  )
  return { name, isRenamed: true }
}

/**
 * The agent's host by its present name, or by a former one where a user renamed it. A host that its agent
 * renamed before is not found by its former name: otherwise two machines with copies of one key would become
 * one host.
 */
async function findFormer(
  transaction: Transaction,
  names: readonly string[],
  keyHash: string,
): Promise<RenamedHostRow | null> {
  const columns = 'id, name, ip, domain, platform, build, is_name_given'
  for (const name of names) {
    const [row] = await transaction.query<RenamedHostRow>(
      `SELECT ${columns} FROM host WHERE key_hash = ? AND (name = ? OR is_name_given = 1 AND
        id = (SELECT host FROM former_name WHERE former_name.name = ?))`,
      [keyHash, name, name],
    )
    if (row) return row
  }
  return null
}

/** Gives a host another name, which no other host may have; its agent may still use the former one. */
export async function renameHost(
  transaction: Transaction,
  row: Omit<RenamedHostRow, 'is_name_given'>,
  name: string,
  isGiven: boolean,
): Promise<void> {
  await transaction.run('DELETE FROM former_name WHERE name = ?', [name])
  await leadTo(transaction, row.name, row.id)
  await transaction.run(
    'UPDATE host SET name = ?, name_order = ?, search_text = ?, is_name_given = ? WHERE id = ?',
    [name, nameOrder(name), searchText(name, row), isGiven ? 1 : 0, row.id],
  )
  await addToCounter(transaction, 'removed', 1)
}

/** Makes `name` lead to the host for the agent that reports under it. */
async function leadTo(transaction: Transaction, name: string, host: number): Promise<void> {
  await transaction.run('DELETE FROM former_name WHERE name = ?', [name])
  await transaction.run('INSERT INTO former_name (name, host) VALUES (?, ?)', [name, host])
}
