import {
  ACCESSES,
  type Access,
  isAccess,
  isUserName,
  normalizePassword,
  type PasswordState,
  type User,
} from '../../domain/users/user.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import {
  type Argument,
  type CommandGroup,
  type CommandInput,
  needText,
  type Option,
} from '../../roles/command.ts'
import { forgetInitialPassword } from '../../roles/setup/first-start.ts'
import { createPassword, readNewPassword } from '../../roles/setup/password.ts'
import type { Store } from '../../storage/ports/store.ts'
import { JSON_OPTION, printList } from '../list-output.ts'
import { formatTime } from '../table.ts'
import { withStore } from '../with-store.ts'

const PASSWORD_WORDS: Readonly<Record<PasswordState, string>> = {
  own: 'set',
  temporary: 'to be changed at the next sign-in',
  original: 'of the original product, once more',
  disabled: 'disabled: set one',
}

function describePassword({ passwordState, passwordExpires = 0 }: User): string {
  if (passwordState !== 'original') return PASSWORD_WORDS[passwordState]
  return passwordExpires > systemClock.now()
    ? `${PASSWORD_WORDS.original} until ${formatTime(passwordExpires)}`
    : 'of the original product, expired: set one'
}

const NAME: Argument = { name: 'name', doc: 'Name of the user' }
const RANDOM: Option = { kind: 'flag', doc: 'Generate a random password and print it' }

export const user: CommandGroup = {
  name: 'user',
  doc: 'Manages the users of the website',
  commands: [
    {
      name: 'user list',
      doc: 'Lists the users',
      options: JSON_OPTION,
      run: (input) =>
        withStore(input, async ({ users }) => {
          printList(input, {
            name: 'users',
            items: await users.list(),
            describe: (one) => ({
              ...{ name: one.name, access: one.access, created: one.created },
              last_sign_in: one.lastSignIn,
              password: describePassword(one),
            }),
            headings: ['NAME', 'ACCESS', 'PASSWORD', 'CREATED', 'LAST SIGN-IN'],
            row: (one) => [
              one.name,
              one.access,
              describePassword(one),
              formatTime(one.created),
              one.lastSignIn === null ? 'never' : formatTime(one.lastSignIn),
            ],
          })
          return EXIT.ok
        }),
    },
    {
      name: 'user add',
      doc: 'Adds a user; prompts for the password or reads it from standard input',
      arguments: [NAME],
      options: {
        access: { kind: 'text', doc: 'Role; default: viewer', choices: ACCESSES },
        random: RANDOM,
      },
      run: async (input) => {
        const name = needText(input, 'name')
        if (!isUserName(name))
          throw new CommandError('a user name is made of at most 64 letters, digits and . _ @ -', EXIT.usage)
        const access = readAccess(input.text('access') ?? 'viewer')
        const { shown, hash } = await choosePassword(input)
        const add = async ({ users }: Store) => {
          if (!(await users.add(name, access, hash, systemClock.now())))
            throw new CommandError(`there is a user "${name}" already`)
          if (shown !== null) input.print(shown)
          return EXIT.ok
        }
        return withStore(input, add, { create: true, change: ['add user', `${name} as ${access}`] })
      },
    },
    {
      name: 'user password',
      doc: 'Sets the password of a user and ends their sessions',
      arguments: [NAME],
      options: { random: RANDOM },
      run: async (input) => {
        const name = needText(input, 'name')
        const { shown, hash } = await choosePassword(input)
        return withStore(
          input,
          async ({ users }, { config }) => {
            if (!(await users.setPassword(name, hash))) throw noSuchUser(name)
            forgetInitialPassword(config.dataDir, name)
            if (shown !== null) input.print(shown)
            return EXIT.ok
          },
          { change: ['set password of user', name] },
        )
      },
    },
    {
      name: 'user access',
      doc: 'Sets the role of a user',
      arguments: [NAME, { name: 'access', doc: 'Role', choices: ACCESSES }],
      run: (input) =>
        withStore(
          input,
          async ({ users }) => {
            const name = needText(input, 'name')
            const access = readAccess(needText(input, 'access'))
            refuseUnlessDone(await users.setAccess(name, access), name)
            return EXIT.ok
          },
          { change: ['change access of user', `${needText(input, 'name')} to ${needText(input, 'access')}`] },
        ),
    },
    {
      name: 'user totp-off',
      doc: 'Disables two-factor authentication for a user who has lost the app and the recovery codes',
      arguments: [NAME],
      run: (input) =>
        withStore(
          input,
          async ({ users, secondFactors }) => {
            const name = needText(input, 'name')
            if (!(await users.find(name))) throw noSuchUser(name)
            if (!(await secondFactors.remove(name)))
              throw new CommandError(`"${name}" signs in with the password alone already`)
            return EXIT.ok
          },
          { change: ['switch off two-factor sign-in', needText(input, 'name')] },
        ),
    },
    {
      name: 'user totp-forget',
      doc: 'Switches off the second step of all users, when the file of web.secret_file is lost',
      run: (input) =>
        withStore(
          input,
          async ({ secondFactors }) => {
            const count = await secondFactors.forgetAll()
            input.print(
              `The second step of ${count} users is switched off; the next start makes another secret.`,
            )
            return EXIT.ok
          },
          { change: ['switch off two-factor sign-in', 'of all users'] },
        ),
    },
    {
      name: 'user delete',
      doc: 'Deletes a user with their sessions and tokens',
      arguments: [NAME],
      run: (input) =>
        withStore(
          input,
          async ({ users }, { config }) => {
            const name = needText(input, 'name')
            refuseUnlessDone(await users.delete(name), name)
            forgetInitialPassword(config.dataDir, name)
            return EXIT.ok
          },
          { change: ['delete user', needText(input, 'name')] },
        ),
    },
  ],
}

async function choosePassword(input: CommandInput): Promise<{ shown: string | null; hash: string }> {
  const random = input.flag('random')
  const password = random ? createPassword() : await readNewPassword()
  return { shown: random ? password : null, hash: await Bun.password.hash(normalizePassword(password)) }
}

function refuseUnlessDone(
  outcome: 'changed' | 'deleted' | 'unknown' | 'only admin' | 'outdated',
  name: string,
) {
  if (outcome === 'unknown') throw noSuchUser(name)
  // Otherwise nobody could manage users on the website any more.
  if (outcome === 'only admin') throw new CommandError(`"${name}" is the only admin; make another one first`)
}

function readAccess(word: string): Access {
  if (!isAccess(word)) throw new CommandError(`access is one of ${ACCESSES.join(', ')}`, EXIT.usage)
  return word
}

const noSuchUser = (name: string) => new CommandError(`there is no user "${name}"`)
