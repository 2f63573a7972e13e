import { hostStatus, isHostName } from '../../domain/hosts/host.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { type Argument, type CommandGroup, type CommandInput, needText } from '../../roles/command.ts'
import type { Store } from '../../storage/ports/store.ts'
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
      arguments: [{ ...NAME, optional: true }],
      options: {
        keyless: { kind: 'flag', doc: 'Every host that no key owns, as after a move from the original' },
      },
      run: (input) => {
        if (input.flag('keyless')) return releaseKeyless(input)
        if (input.text('name') === null)
          throw new CommandError('expected the name of a host, or --keyless', EXIT.usage)
        const name = readName(input, 'name')
        return withStore(
          input,
          async ({ hosts }) => {
            if (await hosts.releaseName(name, systemClock.now())) return EXIT.ok
            throw (await hosts.find(name)) === null
              ? noSuchHost(name)
              : new CommandError(`the name "${name}" is free already`)
          },
          { change: ['host release', name] },
        )
      },
    },
    {
      name: 'host waiting',
      doc: 'Lists the new hosts that wait for approval (collect.new_hosts)',
      run: (input) =>
        withStore(input, async ({ enrolment }) => {
          const { total, hosts } = await enrolment.listWaiting(PAGE)
          const rows = hosts.map(({ name, ip, build, firstSeen, lastSeen, hasKey }) => [
            name,
            ip,
            build,
            formatTime(firstSeen),
            formatTime(lastSeen),
            hasKey ? 'yes' : 'no',
          ])
          input.print(formatTable(['NAME', 'ADDRESS', 'SYSTEM', 'FIRST SEEN', 'LAST SEEN', 'KEY'], rows))
          if (total > rows.length) input.print(`and ${total - rows.length} more`)
          return EXIT.ok
        }),
    },
    {
      name: 'host approve',
      doc: 'Lets a new host report that waits for approval',
      arguments: [NAME],
      run: (input) =>
        decide(input, 'host approve', ({ enrolment }, name) => enrolment.approve(name, systemClock.now())),
    },
    {
      name: 'host refuse',
      doc: 'Turns a new host away that waits for approval; `host approve` changes that',
      arguments: [NAME],
      run: (input) => decide(input, 'host refuse', ({ enrolment }, name) => enrolment.refuse(name)),
    },
  ],
}

function releaseKeyless(input: CommandInput): Promise<number> {
  if (input.text('name') !== null)
    throw new CommandError('expected either the name of a host or --keyless', EXIT.usage)
  return withStore(
    input,
    async ({ hosts }) => {
      input.print(`${await hosts.releaseKeyless(systemClock.now())} names are free for the next key`)
      return EXIT.ok
    },
    { change: ['host release', 'all that no key owns'] },
  )
}

function decide(
  input: CommandInput,
  action: string,
  act: (store: Store, name: string) => Promise<boolean>,
): Promise<number> {
  const name = readName(input, 'name')
  return withStore(
    input,
    async (store) => {
      if (await act(store, name)) return EXIT.ok
      throw new CommandError(`no host "${name}" waits for approval`)
    },
    { change: [action, name] },
  )
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
