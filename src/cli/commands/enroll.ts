import { parseDuration } from '../../config/fields/units.ts'
import { ENROLMENT_CHANGES } from '../../domain/hosts/change-host.ts'
import { isHostName } from '../../domain/hosts/host.ts'
import { joinCommand } from '../../domain/hosts/join-commands.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { hashToken } from '../../lib/hash-token.ts'
import { createEnrolmentSecret } from '../../protocol/enrolment-code.ts'
import { type CommandGroup, type CommandInput, needText } from '../../roles/command.ts'
import { readAccount } from '../audit.ts'
import { JSON_OPTION, printList } from '../list-output.ts'
import { formatTime } from '../table.ts'
import { withStore } from '../with-store.ts'

const DEFAULT_LIFE = '1h'
const LONGEST_LIFE_SECONDS = 365 * 86_400
const MOST_USES = 100_000

export const enroll: CommandGroup = {
  name: 'enroll',
  doc: 'Enrolls new machines, each with its own key',
  commands: [
    {
      name: 'enroll create',
      doc: 'Creates an enrolment code and prints it on standard output; it is shown only once',
      options: {
        host: {
          kind: 'text',
          doc: 'Restrict the code to this host name, which may already be in use',
        },
        expires: { kind: 'text', doc: `Expires in, such as 30m; default: ${DEFAULT_LIFE}` },
        uses: { kind: 'text', doc: 'How many hosts may use it; default: 1' },
        line: {
          kind: 'flag',
          doc: 'Print the whole line that installs an agent on a new Linux machine, instead of the code alone',
        },
        server: {
          kind: 'text',
          doc: 'Name or address at which agents reach this server, with the port if it is not the default',
        },
      },
      run: create,
    },
    {
      name: 'enroll list',
      doc: 'Lists valid codes without their secrets',
      options: JSON_OPTION,
      run: (input) =>
        withStore(input, async ({ enrolment }) => {
          printList(input, {
            name: 'codes',
            items: await enrolment.listCodes(systemClock.now()),
            describe: ({ id, host, created, expires, uses, actor }) => ({
              ...{ id, host, created, expires, uses },
              made_by: actor,
            }),
            headings: ['ID', 'HOST', 'USES', 'EXPIRES', 'MADE BY'],
            row: ({ id, host, uses, expires, actor }) => [
              ...[String(id), host ?? 'any new one', String(uses), formatTime(expires), actor],
            ],
          })
          return EXIT.ok
        }),
    },
    {
      name: 'enroll revoke',
      doc: 'Revokes an enrolment code; hosts that already used it stay',
      arguments: [{ name: 'id', doc: 'Its number in `enroll list`' }],
      run: (input) => {
        const id = needText(input, 'id')
        if (!/^\d{1,15}$/.test(id))
          throw new CommandError('a code is named by its number in `enroll list`', EXIT.usage)
        return withStore(
          input,
          async ({ enrolment }) => {
            if (!(await enrolment.revokeCode(Number(id)))) throw new CommandError(`there is no code ${id}`)
            return EXIT.ok
          },
          { change: [ENROLMENT_CHANGES.revoke, id] },
        )
      },
    },
    {
      name: 'enroll use',
      doc: 'Enrolls this machine with a code and exits; start `monitor agent` afterwards',
      arguments: [{ name: 'code', doc: 'Code printed by `enroll create` on the server' }],
      run: async (input) => {
        const { enrolAgent } = await import('../../roles/setup/enrol-agent.ts')
        const isNew = await enrolAgent(input.load({ role: 'agent' }), needText(input, 'code'))
        input.print(isNew ? 'This machine is enrolled.' : 'This machine was enrolled by this code before.')
        return EXIT.ok
      },
    },
  ],
}

async function create(input: CommandInput): Promise<number> {
  const host = input.text('host')?.toLowerCase() ?? null
  if (host !== null && !isHostName(host))
    throw new CommandError(
      '--host takes a name of letters, digits, dots, hyphens and underscores',
      EXIT.usage,
    )
  const life = parseDuration(input.text('expires') ?? DEFAULT_LIFE)
  if (life === null || life === 0 || life > LONGEST_LIFE_SECONDS)
    throw new CommandError('--expires takes a duration with its unit of at most 365d, such as 1h', EXIT.usage)
  const uses = readUses(input)
  const { nameForAgents, writeEnrolmentCode } = await import('../../roles/setup/enrolment-code.ts')
  const { findServedReleases } = await import('../../roles/setup/served-releases.ts')
  const secret = createEnrolmentSecret()
  return withStore(
    input,
    async ({ enrolment }, { config }) => {
      const server = input.text('server')
      const served = await findServedReleases(config, nameForAgents(config, server))
      const isServed = typeof served !== 'string'
      if (!isServed && input.flag('line')) throw new CommandError(`there is no line: ${served}`)
      const code = writeEnrolmentCode(config, server, secret, isServed ? served.sum : null)
      const created = systemClock.now()
      const actor = readAccount()
      const expires = created + life
      await enrolment.addCode({ codeHash: hashToken(secret), host, created, expires, uses, actor })
      input.print(isServed && input.flag('line') ? joinCommand(served.base, served.pin, code) : code)
      return EXIT.ok
    },
    { change: [ENROLMENT_CHANGES.make, `for ${host ?? 'any new host'}, ${uses} to join`] },
  )
}

function readUses(input: CommandInput): number {
  const text = input.text('uses') ?? '1'
  const uses = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (uses < 1 || uses > MOST_USES)
    throw new CommandError(`--uses takes a whole number from 1 to ${MOST_USES}`, EXIT.usage)
  if (uses > 1 && input.text('host') !== null)
    throw new CommandError('--uses is for codes that any new host may use, not for one --host', EXIT.usage)
  return uses
}
