import { hostStatus, isHostName } from '../../domain/hosts/host.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { type Argument, type CommandGroup, type CommandInput, needText } from '../../roles/command.ts'
import { formatTable, formatTime } from '../table.ts'
import { withStore } from '../with-store.ts'

const NAME: Argument = { name: 'name', doc: 'Name of the host' }
const PAGE = 1000

export const host: CommandGroup = {
  name: 'host',
  doc: 'Manages the watched machines',
  commands: [
    {
      name: 'host list',
      doc: 'Lists the hosts and whether a key owns their name',
      run: (input) =>
        withStore(input, async ({ hosts }, { config }) => {
          const now = systemClock.now()
          const silence = config.events.availabilityCheck
          const rows: string[][] = []
          for (let offset = 0, total = 1; offset < total; offset += PAGE) {
            const page = await hosts.list({ upSince: now - silence, sort: 'name', offset, limit: PAGE })
            const keyed = await hosts.listKeyed(page.hosts.map(({ name }) => name))
            total = page.total
            for (const one of page.hosts) {
              const { name, ip, platform, lastSeen } = one
              const key = keyed.has(name) ? 'yes' : 'no'
              rows.push([name, hostStatus(one, now, silence), ip, platform, formatTime(lastSeen), key])
            }
          }
          input.print(formatTable(['NAME', 'STATUS', 'ADDRESS', 'PLATFORM', 'LAST HEARD', 'KEY'], rows))
          return EXIT.ok
        }),
    },
    {
      name: 'host rename',
      doc: 'Gives a host another name, with all it has; its agent needs the new name too',
      arguments: [NAME, { name: 'new-name', doc: 'The name from now on' }],
      run: (input) => {
        const name = readName(input, 'name')
        const newName = readName(input, 'new-name')
        return withStore(
          input,
          async ({ hosts }) => {
            const result = await hosts.rename(name, newName)
            if (result === 'unknown') throw noSuchHost(name)
            if (result === 'taken') throw new CommandError(`there is a host "${newName}" already`)
            return EXIT.ok
          },
          { change: ['host rename', `${name} to ${newName}`] },
        )
      },
    },
    {
      name: 'host delete',
      doc: 'Deletes a host with its samples, events and key; an agent that goes on makes it anew',
      arguments: [NAME],
      run: (input) => {
        const name = readName(input, 'name')
        return withStore(
          input,
          async ({ hosts }) => {
            if (!(await hosts.delete(name))) throw noSuchHost(name)
            return EXIT.ok
          },
          { change: ['host delete', name] },
        )
      },
    },
    {
      name: 'host release',
      doc: 'Lets the next agent that speaks for a host own its name, as after the machine was set up anew',
      arguments: [NAME],
      run: (input) => {
        const name = readName(input, 'name')
        return withStore(
          input,
          async ({ hosts }) => {
            if (await hosts.releaseName(name, systemClock.now())) return EXIT.ok
            throw (await hosts.find(name)) === null
              ? noSuchHost(name)
              : new CommandError(`the name "${name}" belongs to no key`)
          },
          { change: ['host release', name] },
        )
      },
    },
  ],
}

/** In lower case, as names of hosts are kept. */
function readName(input: CommandInput, argument: string): string {
  const name = needText(input, argument).toLowerCase()
  if (!isHostName(name))
    throw new CommandError(
      'a host name is made of letters, digits, dots, hyphens and underscores',
      EXIT.usage,
    )
  return name
}

const noSuchHost = (name: string) => new CommandError(`there is no host "${name}"`)
