import { parseDuration } from '../../config/fields/units.ts'
import { describeTokenScope, readTokenScope } from '../../domain/users/token-scope.ts'
import { ACCESSES, covers, isAccess } from '../../domain/users/user.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { hashToken } from '../../lib/hash-token.ts'
import { type CommandGroup, needText } from '../../roles/command.ts'
import { createSecret } from '../../roles/setup/password.ts'
import { JSON_OPTION, printList } from '../list-output.ts'
import { formatTime } from '../table.ts'
import { withStore } from '../with-store.ts'

const MAX_TOKEN_NAME = 100
const LIFE = '90d'
const NEVER = 'never'

export const token: CommandGroup = {
  name: 'token',
  doc: 'Manages tokens for the API',
  commands: [
    {
      name: 'token create',
      doc: 'Creates a token and prints it on standard output; it is shown only once',
      options: {
        user: { kind: 'text', doc: 'User whose permissions it has', needed: true },
        name: { kind: 'text', doc: 'Purpose', needed: true },
        access: { kind: 'text', doc: 'Role; default: viewer', choices: ACCESSES },
        groups: {
          kind: 'text',
          doc: 'Only hosts of these groups and what is theirs, such as web,berlin; default: all hosts',
        },
        expires: { kind: 'text', doc: `Expires in, such as 30d, or never; default: ${LIFE}` },
      },
      run: (input) => {
        const name = needText(input, 'name')
        const expires = input.text('expires') ?? LIFE
        const life = expires === NEVER ? null : parseDuration(expires)
        if (expires !== NEVER && (life === null || life === 0))
          throw new CommandError(
            '--expires takes a duration with its unit, such as 30d, or never',
            EXIT.usage,
          )
        const access = input.text('access') ?? 'viewer'
        if (!isAccess(access)) throw new CommandError('--access takes viewer, operator or admin', EXIT.usage)
        if (name.trim() === '' || name.length > MAX_TOKEN_NAME || /\p{Cc}/u.test(name))
          throw new CommandError(`--name takes 1 to ${MAX_TOKEN_NAME} characters on one line`, EXIT.usage)
        const groups = readTokenGroups(input.text('groups'))
        return withStore(
          input,
          async ({ users, tokens }) => {
            const user = needText(input, 'user')
            const owner = await users.find(user)
            if (owner === null) throw new CommandError(`there is no user "${user}"`)
            if (!covers(owner.access, access))
              throw new CommandError(`"${user}" has the access of ${owner.access}, and a token never more`)
            const secret = createSecret()
            const created = systemClock.now()
            await tokens.add({
              name,
              user,
              tokenHash: hashToken(secret),
              created,
              expires: life === null ? null : created + life,
              access,
              groups,
            })
            input.print(secret)
            return EXIT.ok
          },
          {
            change: [
              'make token',
              `${name} of ${needText(input, 'user')}, ${describeTokenScope(access, groups)}`,
            ],
          },
        )
      },
    },
    {
      name: 'token list',
      doc: 'Lists the tokens without their secrets',
      options: JSON_OPTION,
      run: (input) =>
        withStore(input, async ({ tokens }) => {
          printList(input, {
            name: 'tokens',
            items: await tokens.list(),
            describe: ({ id, name, user, access, groups, created, expires, lastUsed }) => ({
              ...{ id, name, user, access, groups, created, expires },
              last_used: lastUsed,
            }),
            headings: ['ID', 'NAME', 'USER', 'ROLE', 'GROUPS', 'CREATED', 'EXPIRES', 'LAST USED'],
            row: (one) => [
              String(one.id),
              one.name,
              one.user,
              one.access,
              one.groups?.join(', ') ?? 'all hosts',
              formatTime(one.created),
              one.expires === null ? 'never' : formatTime(one.expires),
              one.lastUsed === null ? 'never' : formatTime(one.lastUsed),
            ],
          })
          return EXIT.ok
        }),
    },
    {
      name: 'token revoke',
      doc: 'Revokes a token',
      arguments: [{ name: 'id', doc: 'Its number in `token list`' }],
      run: (input) => {
        const id = needText(input, 'id')
        if (!/^\d{1,15}$/.test(id))
          throw new CommandError('a token is named by its number in `token list`', EXIT.usage)
        return withStore(
          input,
          async ({ tokens }) => {
            if (!(await tokens.delete(Number(id)))) throw new CommandError(`there is no token ${id}`)
            return EXIT.ok
          },
          { change: ['revoke token', id] },
        )
      },
    },
  ],
}

/** Null for all hosts. */
function readTokenGroups(text: string | null): readonly string[] | null {
  const scope = text === null ? { groups: null } : readTokenScope(text)
  if ('problem' in scope) throw new CommandError(`--groups: ${scope.problem}`, EXIT.usage)
  if (text !== null && scope.groups === null)
    throw new CommandError('--groups takes names of groups; leave it out for all hosts', EXIT.usage)
  return scope.groups
}
