import { reportKeyMismatch } from '../../domain/events/identity.ts'
import { addToCounter } from '../database/counters.ts'
import type { Database, Transaction } from '../database/database.ts'
import { applyReports } from '../events/apply-reports.ts'
import { addHost } from '../hosts/host-cache.ts'
import type { EnrolmentCode, EnrolmentStore, Redemption } from '../ports/store.ts'
import { createWaitingHosts } from './waiting-hosts.ts'

/** Codes that ended this long ago are deleted: they have no use in the list any more. */
const KEEP_ENDED_SECONDS = 30 * 86_400

type CodeRow = Omit<EnrolmentCode, 'id'> & { id: number }

export function createEnrolmentStore(database: Database): EnrolmentStore {
  return {
    ...createWaitingHosts(database),

    addCode: ({ codeHash, host, created, expires, uses, actor }) =>
      database.transaction(async (transaction) => {
        await transaction.run('DELETE FROM enrolment WHERE expires < ?', [created - KEEP_ENDED_SECONDS])
        return transaction.insert(
          'INSERT INTO enrolment (code_hash, host, created, expires, uses, actor) VALUES (?, ?, ?, ?, ?, ?)',
          [codeHash, host, created, expires, uses, actor.slice(0, 255)],
        )
      }),

    listCodes: (now) =>
      database.query<CodeRow>(
        `SELECT id, host, created, expires, uses, actor FROM enrolment WHERE expires > ? AND uses > 0
          ORDER BY id DESC`,
        [now],
      ),

    revokeCode: async (id) =>
      (await database.transaction((transaction) =>
        transaction.run('DELETE FROM enrolment WHERE id = ?', [id]),
      )) > 0,

    async isKeyOf(names, keyHash) {
      for (const name of names) {
        // Or had this name before it was renamed.
        const rows = await database.query(
          `SELECT id FROM host WHERE key_hash = ?
            AND (name = ? OR id = (SELECT host FROM former_name WHERE former_name.name = ?))`,
          [keyHash, name, name],
        )
        if (rows.length > 0) return true
      }
      return false
    },

    redeem: (redemption) =>
      database.transaction(async (transaction) => {
        const { host: name, codeHash, keyHash, now } = redemption
        const [host] = await transaction.query<EnrolledHostRow>(
          `SELECT id, key_hash, is_released FROM host WHERE name = ? ${transaction.dialect.forUpdate}`,
          [name],
        )
        if (host?.key_hash === keyHash) return 'enrolled'
        const [code] = await transaction.query<CodeRow>(
          `SELECT id, host, created, expires, uses, actor FROM enrolment
            WHERE code_hash = ? AND expires > ? AND uses > 0 ${transaction.dialect.forUpdate}`,
          [codeHash, now],
        )
        if (code === undefined || (code.host !== null && code.host !== name)) return 'invalid'
        // A user who made a code for this very name has allowed that the name goes to another key.
        const mayTake = host === undefined || host.is_released === 1 || code.host === name
        if (!mayTake) return 'taken'
        const taken = await transaction.run(
          'UPDATE enrolment SET uses = uses - 1 WHERE id = ? AND uses > 0',
          [code.id],
        )
        if (taken === 0) return 'invalid'
        await giveName(transaction, host ?? null, redemption)
        await noteEnrolment(transaction, code, redemption)
        return 'enrolled'
      }),
  }
}

type EnrolledHostRow = { id: number; key_hash: string | null; is_released: number }

async function giveName(
  transaction: Transaction,
  host: EnrolledHostRow | null,
  { host: name, keyHash, now }: Redemption,
): Promise<void> {
  await transaction.run('DELETE FROM waiting_host WHERE name = ?', [name])
  if (host === null) {
    await addHost(transaction, {
      host: name,
      keyHash,
      facts: null,
      seen: now,
      clockSkew: null,
      frames: [],
      events: [],
    })
    return
  }
  await transaction.run('UPDATE host SET key_hash = ?, is_released = 0 WHERE id = ?', [keyHash, host.id])
  await applyReports(transaction, host.id, [reportKeyMismatch(now, 'closed')])
  // Other processes remember the key that the host had.
  await addToCounter(transaction, 'removed', 1)
}

function noteEnrolment(
  transaction: Transaction,
  code: CodeRow,
  { host, address, now }: Redemption,
): Promise<number> {
  return transaction.run(
    'INSERT INTO audit (time, actor, way, address, action, detail) VALUES (?, ?, ?, ?, ?, ?)',
    [
      now,
      host.slice(0, 255),
      'agent',
      address.slice(0, 64),
      'enrol host',
      `by code ${code.id} of ${code.actor}`,
    ],
  )
}
