import { describe, expect, test } from 'bun:test'
import { SecretBox } from '../../../../src/lib/secret-box.ts'
import type { Store } from '../../../../src/storage/ports/store.ts'
import { fakeClock } from '../../../support/clock.ts'
import { expectFailure } from '../../../support/failure.ts'
import { MIDNIGHT } from '../../reports.ts'
import { openEach } from '../open-each.ts'
import type { Workbench } from '../store.contract.ts'

const FACTOR = { secret: 'ABCDEFGH', lastStep: 10, since: 500, recoveryHashes: ['a', 'b'] }

/** What every database must do with codes for signing in. */
export function describeSecondFactors(name: string, makeWorkbench: () => Workbench) {
  describe(name, () => {
    let bench: Workbench
    let store: Store

    openEach(makeWorkbench, async (opened) => {
      ;({ bench, store } = opened)
      await store.users.add('anna', 'viewer', 'hash', 10)
      await store.secondFactors.set('anna', FACTOR)
    })

    test('are sealed under a key of the servers, without which the database reveals none', async () => {
      expect(await store.secondFactors.isProtected()).toBe(false)
      const ours = new SecretBox('a secret of the servers of this database')
      expect(await store.secondFactors.protect(ours)).toBe(true)
      await store.users.add('bob', 'viewer', 'hash', 10)
      await store.secondFactors.set('bob', { ...FACTOR, secret: 'QRSTUVWX' })
      const reader = await bench.open(fakeClock(MIDNIGHT * 1000))
      try {
        // What was kept open before is sealed as well.
        for (const name of ['anna', 'bob']) await expectFailure(reader.secondFactors.find(name), /sealed/)
        expect(await reader.secondFactors.isProtected()).toBe(true)
        expect(await reader.secondFactors.protect(new SecretBox('another secret'))).toBe(false)
        await expectFailure(reader.secondFactors.find('anna'), /sealed/)
        expect(
          await reader.secondFactors.protect(new SecretBox('a secret of the servers of this database')),
        ).toBe(true)
        expect(await reader.secondFactors.find('bob')).toMatchObject({ secret: 'QRSTUVWX' })
        expect(await reader.secondFactors.find('anna')).toMatchObject({
          secret: FACTOR.secret,
          recoveryCodes: 2,
        })
        expect(await reader.secondFactors.forgetAll()).toBe(2)
        expect(await reader.secondFactors.protect(new SecretBox('another secret'))).toBe(true)
        expect(await reader.secondFactors.find('anna')).toBeNull()
      } finally {
        await reader.close()
      }
    })

    test('are known of the session that a user has', async () => {
      for (const user of ['anna', 'bob']) {
        await store.users.add(user, 'viewer', 'hash', 10)
        await store.sessions.add({ tokenHash: `hash of ${user}`, user, created: 10, expires: 100 })
      }
      expect(await store.sessions.find('hash of anna', 20)).toMatchObject({ hasSecondStep: true })
      expect(await store.sessions.find('hash of bob', 20)).not.toHaveProperty('hasSecondStep')
      await store.secondFactors.remove('anna')
      expect(await store.sessions.find('hash of anna', 20)).not.toHaveProperty('hasSecondStep')
    })

    test('are of one user, and nobody else has them', async () => {
      await store.users.add('bob', 'viewer', 'hash', 10)
      const { recoveryHashes: _, ...rest } = FACTOR
      expect(await store.secondFactors.find('anna')).toEqual({ ...rest, recoveryCodes: 2 })
      expect(await store.secondFactors.find('bob')).toBeNull()
      expect(await store.secondFactors.set('nobody', FACTOR)).toBe(false)
    })

    test('the code of a step is taken once, and none of an older step after it', async () => {
      expect(await store.secondFactors.takeStep('anna', 10)).toBe(false)
      const taken = await Promise.all([11, 11, 11].map((step) => store.secondFactors.takeStep('anna', step)))
      expect(taken.filter(Boolean)).toHaveLength(1)
      expect(await store.secondFactors.takeStep('anna', 10)).toBe(false)
      expect(await store.secondFactors.takeStep('anna', 12)).toBe(true)
      expect(await store.secondFactors.takeStep('nobody', 12)).toBe(false)
    })

    test('a recovery code is taken once, and new ones end the old ones', async () => {
      expect(await store.secondFactors.takeRecovery('anna', 'a')).toBe(true)
      expect(await store.secondFactors.takeRecovery('anna', 'a')).toBe(false)
      expect(await store.secondFactors.setRecovery('anna', ['c'])).toBe(true)
      expect(await store.secondFactors.takeRecovery('anna', 'b')).toBe(false)
      expect((await store.secondFactors.find('anna'))?.recoveryCodes).toBe(1)
      expect(await store.secondFactors.setRecovery('nobody', ['c'])).toBe(false)
    })

    test('go when they are switched off, and with their user', async () => {
      expect(await store.secondFactors.remove('anna')).toBe(true)
      expect(await store.secondFactors.remove('anna')).toBe(false)
      expect(await store.secondFactors.takeRecovery('anna', 'a')).toBe(false)
      await store.secondFactors.set('anna', FACTOR)
      await store.users.delete('anna')
      await store.users.add('anna', 'viewer', 'hash', 10)
      expect(await store.secondFactors.find('anna')).toBeNull()
    })
  })
}
