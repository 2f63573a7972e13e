import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Access, parseStoredPassword } from '../../../src/domain/users/user.ts'
import {
  createFirstUser,
  expireInitialPassword,
  findPassphrase,
  forgetInitialPassword,
  keepPassphrase,
  openDataDir,
} from '../../../src/roles/setup/first-start.ts'
import { openStore } from '../../../src/storage/open.ts'
import { fakeClock } from '../../support/clock.ts'
import { makeTempDir } from '../../support/spawn.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

let dir = ''
beforeEach(() => {
  dir = makeTempDir()
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)

async function withUsers(act: (users: Awaited<ReturnType<typeof openStore>>['users']) => Promise<void>) {
  const store = await openStore('sqlite:monitor.db', { dataDir: dir, clock: fakeClock(), log })
  try {
    await act(store.users)
  } finally {
    await store.close()
  }
}

describe('the data folder', () => {
  test('is made for its owner alone', () => {
    openDataDir(join(dir, 'a', 'b'))
    expect(modeOf(join(dir, 'a', 'b'))).toBe('700')
  })
})

describe('the passphrase', () => {
  test('is made at random once and read ever after', () => {
    expect(findPassphrase(dir)).toBeNull()
    const made = keepPassphrase(dir)
    expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(keepPassphrase(dir)).toBe(made)
    expect(findPassphrase(dir)).toBe(made)
    expect(modeOf(join(dir, 'passphrase'))).toBe('600')
    expect(readdirSync(dir)).toEqual(['passphrase'])
  })

  test('is the same for all processes that start at once', async () => {
    const script = `import { keepPassphrase } from ${JSON.stringify(join(import.meta.dir, '..', '..', '..', 'src', 'roles', 'setup', 'first-start.ts'))}
      while (Date.now() < Number(process.argv[2])) {}
      console.log(keepPassphrase(process.argv[1]))`
    const together = String(Date.now() + 400)
    const children = Array.from({ length: 4 }, () =>
      Bun.spawn([process.execPath, '-e', script, dir, together], { stdout: 'pipe' }),
    )
    const said = await Promise.all(children.map((child) => new Response(child.stdout).text()))
    expect(new Set(said).size).toBe(1)
    expect(said[0]?.trim()).toBe(keepPassphrase(dir))
  })

  test('that was emptied by hand is reported, not used', () => {
    writeFileSync(join(dir, 'passphrase'), '\n')
    expect(() => keepPassphrase(dir)).toThrow('is empty')
  })
})

describe('the first user', () => {
  test('is admin with a password that works, kept in a file of its owner alone', () =>
    withUsers(async (users) => {
      const first = await createFirstUser(users, dir, fakeClock())
      expect(first?.name).toBe('admin')
      const user = await users.find('admin')
      expect(user?.access).toBe<Access>('admin')
      const { state, hash } = parseStoredPassword(user?.passwordHash ?? '')
      expect(state).toBe('temporary')
      expect(await Bun.password.verify(first?.password ?? '', hash)).toBe(true)
      expect(first?.file).toBe(join(dir, 'initial-admin-password'))
      expect(readFileSync(first?.file ?? '', 'utf8').trim()).toBe(first?.password ?? '')
      expect(modeOf(first?.file ?? '')).toBe('600')
    }))

  test('is made once, and handed to only one of several that start at once', () =>
    withUsers(async (users) => {
      const created = await Promise.all([1, 2, 3].map(() => createFirstUser(users, dir, fakeClock())))
      expect(created.filter((first) => first !== null)).toHaveLength(1)
      expect(await createFirstUser(users, dir, fakeClock())).toBeNull()
    }))

  test('is not made where there is an admin, and is where all others are none', () =>
    withUsers(async (users) => {
      await users.add('ann', 'admin', '$hash', 0)
      expect(await createFirstUser(users, dir, fakeClock())).toBeNull()
      expect(existsSync(join(dir, 'initial-admin-password'))).toBe(false)
      await users.add('bob', 'admin', '$hash', 0)
      await users.setAccess('ann', 'viewer')
      await users.delete('bob')
      expect((await users.list()).map(({ name }) => name)).toEqual(['ann', 'bob'])
    }))

  test('of an older version has to change a password that nobody changed, and no other', () =>
    withUsers(async (users) => {
      const stateOf = async () => parseStoredPassword((await users.find('admin'))?.passwordHash ?? '').state
      const first = await createFirstUser(users, dir, fakeClock())
      const password = first?.password ?? ''
      expect(await expireInitialPassword(users, dir)).toBeNull()
      await users.setPassword('admin', await Bun.password.hash(password))
      expect(await stateOf()).toBe('own')
      expect(await expireInitialPassword(users, dir)).toBe('admin')
      expect(await stateOf()).toBe('temporary')
      const { hash } = parseStoredPassword((await users.find('admin'))?.passwordHash ?? '')
      expect(await Bun.password.verify(password, hash)).toBe(true)
      expect(await expireInitialPassword(users, dir)).toBeNull()
      await users.setPassword('admin', await Bun.password.hash('another long one'))
      expect(await expireInitialPassword(users, dir)).toBeNull()
      expect(await stateOf()).toBe('own')
      rmSync(first?.file ?? '')
      await users.setPassword('admin', await Bun.password.hash(password))
      expect(await expireInitialPassword(users, dir)).toBeNull()
    }))

  test('has its password forgotten when that was changed, and only then', () =>
    withUsers(async (users) => {
      const first = await createFirstUser(users, dir, fakeClock())
      forgetInitialPassword(dir, 'ann')
      expect(existsSync(first?.file ?? '')).toBe(true)
      forgetInitialPassword(dir, 'admin')
      expect(existsSync(first?.file ?? '')).toBe(false)
      forgetInitialPassword(dir, 'admin')
    }))
})
