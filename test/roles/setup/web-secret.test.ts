import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../../src/lib/log.ts'
import { protectSecondFactors } from '../../../src/roles/setup/web-secret.ts'
import { openStore } from '../../../src/storage/open.ts'
import type { Store } from '../../../src/storage/ports/store.ts'
import { fakeClock } from '../../support/clock.ts'
import { expectFailure } from '../../support/failure.ts'
import { makeTempDir } from '../../support/spawn.ts'

let dir: string
let store: Store

beforeEach(async () => {
  dir = makeTempDir()
  store = await openStore(`sqlite:${join(dir, 'shared.db')}`, {
    ...{ dataDir: dir, clock: fakeClock(), log: createLog({ level: 'error', format: 'text' }) },
  })
})
afterEach(async () => {
  await store.close()
  rmSync(dir, { recursive: true })
})

/** A server with that data folder over the one database. */
function start(name: string, secretFile: string | null = null): Promise<void> {
  const dataDir = join(dir, name)
  mkdirSync(dataDir, { recursive: true })
  return protectSecondFactors({ dataDir, web: { secretFile } }, store.secondFactors)
}

const secretOf = (name: string) => join(dir, name, 'web-secret')

test('the first start makes a secret for its owner alone, which later starts take', async () => {
  await start('one')
  const made = readFileSync(secretOf('one'), 'utf8')
  expect(made.trim().length).toBeGreaterThanOrEqual(32)
  expect(statSync(secretOf('one')).mode & 0o777).toBe(0o600)
  await start('one')
  expect(readFileSync(secretOf('one'), 'utf8')).toBe(made)
})

test('a second server over the database needs the same file, and makes none of its own', async () => {
  await start('one')
  await expectFailure(
    start('two'),
    /two\/web-secret is not there: expected the one under which this database/,
  )
  expect(statSync(secretOf('two'), { throwIfNoEntry: false })).toBeUndefined()
  copyFileSync(secretOf('one'), secretOf('two'))
  await start('two')
  writeFileSync(secretOf('two'), 'another secret of many characters, all the same')
  await expectFailure(start('two'), /web.secret_file/)
})

test('a secret that is lost ends second factors by a command, never by itself', async () => {
  await start('one')
  await store.users.add('anna', 'admin', 'hash', 10)
  await store.secondFactors.set('anna', { secret: 'ABCDEFGH', lastStep: 1, since: 1, recoveryHashes: ['a'] })
  rmSync(secretOf('one'))
  await expectFailure(start('one'), /monitor user totp-forget/)
  expect(await store.secondFactors.find('anna')).toMatchObject({ secret: 'ABCDEFGH' })
  expect(await store.secondFactors.forgetAll()).toBe(1)
  await start('one')
  expect(await store.secondFactors.find('anna')).toBeNull()
})

test.each([
  ['a folder', '.'],
  ['in a folder that is not there', 'nowhere/secret'],
])('web.secret_file that is %s is named with its setting', (_, name) =>
  expectFailure(start('one', join(dir, name)), /web\.secret_file: expected a file that can be read, or made/),
)

test('web.secret_file is read where it is, and must not be short', async () => {
  const file = join(dir, 'given')
  writeFileSync(file, 'short')
  await expectFailure(start('one', file), /expected a file of at least 32 random characters/)
  writeFileSync(file, 'x'.repeat(32))
  await start('one', file)
  expect(statSync(secretOf('one'), { throwIfNoEntry: false })).toBeUndefined()
})
