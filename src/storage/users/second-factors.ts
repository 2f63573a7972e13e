import { isSealed } from '../../lib/secret-box.ts'
import { findCounter, setCounter } from '../database/counters.ts'
import type { Database, Transaction } from '../database/database.ts'
import type { SecondFactorStore, SecretSealer } from '../ports/store.ts'

/**
 * Codes of an app besides the password, with recovery codes on paper for the case that the app is lost; the
 * latter are stored as hashes.
 */
export function createSecondFactorStore(database: Database): SecondFactorStore {
  let sealer: SecretSealer | null = null

  /** Throws for a sealed secret while no key is known. */
  function readSecret(kept: string): string {
    if (!isSealed(kept)) return kept
    if (sealer === null) throw new Error('the secrets of second factors are sealed')
    return sealer.open(kept)
  }

  /** Runs `act` with the user's id; false when there is no such user. */
  const change = (name: string, act: (transaction: Transaction, user: number) => Promise<boolean>) =>
    database.transaction(async (transaction) => {
      const [row] = await transaction.query<{ id: number }>('SELECT id FROM user WHERE name = ?', [name])
      return row !== undefined && (await act(transaction, row.id))
    })

  return {
    async protect(given) {
      const isOurs = await database.transaction((transaction) => sealAll(transaction, given))
      if (isOurs) sealer = given
      return isOurs
    },

    isProtected: async () => (await findCounter(database, 'secret_check')) !== 0,

    forgetAll: () =>
      database.transaction(async (transaction) => {
        await transaction.run('DELETE FROM recovery_code')
        await setCounter(transaction, 'secret_check', 0)
        return transaction.run('DELETE FROM second_factor')
      }),

    async find(user) {
      const [row] = await database.query<{ id: number; secret: string; last_step: number; since: number }>(
        `SELECT user.id AS id, secret, last_step, since FROM user
          JOIN second_factor ON second_factor.user = user.id WHERE user.name = ?`,
        [user],
      )
      if (!row) return null
      const [count] = await database.query<{ total: number }>(
        'SELECT COUNT(*) AS total FROM recovery_code WHERE user = ?',
        [row.id],
      )
      return {
        secret: readSecret(row.secret),
        lastStep: row.last_step,
        since: row.since,
        recoveryCodes: count?.total ?? 0,
      }
    },

    set: (user, { secret, lastStep, since, recoveryHashes }) =>
      change(user, async (transaction, id) => {
        await removeSecondFactor(transaction, id)
        await transaction.run(
          'INSERT INTO second_factor (user, secret, last_step, since) VALUES (?, ?, ?, ?)',
          [id, sealer?.seal(secret) ?? secret, lastStep, since],
        )
        await addCodes(transaction, id, recoveryHashes)
        return true
      }),

    setRecovery: (user, recoveryHashes) =>
      change(user, async (transaction, id) => {
        const [row] = await transaction.query('SELECT user FROM second_factor WHERE user = ?', [id])
        if (!row) return false
        await transaction.run('DELETE FROM recovery_code WHERE user = ?', [id])
        await addCodes(transaction, id, recoveryHashes)
        return true
      }),

    takeStep: (user, step) => change(user, (transaction, id) => takeStep(transaction, id, step)),

    takeRecovery: (user, codeHash) =>
      change(user, (transaction, id) => takeRecovery(transaction, id, codeHash)),

    remove: (user) => change(user, removeSecondFactor),
  }
}

/** False when the database is sealed under another key. What an earlier program has kept open is sealed now. */
async function sealAll(transaction: Transaction, sealer: SecretSealer): Promise<boolean> {
  const { dialect } = transaction
  await transaction.run(dialect.insertMissing('counter', ['name', 'value'], 1), ['secret_check', 0])
  const [row] = await transaction.query<{ value: number }>(
    `SELECT value FROM counter WHERE name = 'secret_check' ${dialect.forUpdate}`,
  )
  if (row !== undefined && row.value !== 0 && row.value !== sealer.check) return false
  await setCounter(transaction, 'secret_check', sealer.check)
  const kept = await transaction.query<{ user: number; secret: string }>(
    'SELECT user, secret FROM second_factor',
  )
  for (const { user, secret } of kept)
    if (!isSealed(secret))
      await transaction.run('UPDATE second_factor SET secret = ? WHERE user = ?', [sealer.seal(secret), user])
  return true
}

/** False when this step or a later one was taken before. */
async function takeStep(transaction: Transaction, user: number, step: number): Promise<boolean> {
  const statement = 'UPDATE second_factor SET last_step = ? WHERE user = ? AND last_step < ?'
  return (await transaction.run(statement, [step, user, step])) > 0
}

async function takeRecovery(transaction: Transaction, user: number, codeHash: string): Promise<boolean> {
  const statement = 'DELETE FROM recovery_code WHERE user = ? AND code_hash = ?'
  return (await transaction.run(statement, [user, codeHash])) > 0
}

/** False when there was none. */
export async function removeSecondFactor(transaction: Transaction, user: number): Promise<boolean> {
  await transaction.run('DELETE FROM recovery_code WHERE user = ?', [user])
  return (await transaction.run('DELETE FROM second_factor WHERE user = ?', [user])) > 0
}

async function addCodes(transaction: Transaction, user: number, hashes: readonly string[]) {
  for (const hash of hashes)
    await transaction.run('INSERT INTO recovery_code (user, code_hash) VALUES (?, ?)', [user, hash])
}
