import type { Database, Transaction } from '../database/database.ts'
import type { SecondFactorStore } from '../ports/store.ts'

/**
 * Codes of an app besides the password, with codes on paper for when the app is gone; the latter are kept as
 * hashes.
 */
export function createSecondFactorStore(database: Database): SecondFactorStore {
  /** Runs `act` with the user's id; false when there is no such user. */
  const change = (name: string, act: (transaction: Transaction, user: number) => Promise<boolean>) =>
    database.transaction(async (transaction) => {
      const [row] = await transaction.query<{ id: number }>('SELECT id FROM user WHERE name = ?', [name])
      return row !== undefined && (await act(transaction, row.id))
    })

  return {
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
        secret: row.secret,
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
          [id, secret, lastStep, since],
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

    takeStep: (user, step) =>
      change(
        user,
        async (transaction, id) =>
          (await transaction.run('UPDATE second_factor SET last_step = ? WHERE user = ? AND last_step < ?', [
            step,
            id,
            step,
          ])) > 0,
      ),

    takeRecovery: (user, codeHash) =>
      change(
        user,
        async (transaction, id) =>
          (await transaction.run('DELETE FROM recovery_code WHERE user = ? AND code_hash = ?', [
            id,
            codeHash,
          ])) > 0,
      ),

    remove: (user) => change(user, removeSecondFactor),
  }
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
