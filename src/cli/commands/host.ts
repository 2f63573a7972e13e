import type { SeverityCounts } from '../../domain/event.ts'
import { HOST_CHANGES } from '../../domain/hosts/change-host.ts'
import { MAX_GROUPS, readGroups } from '../../domain/hosts/group.ts'
import { type Host, hostStatus, isHostName } from '../../domain/hosts/host.ts'
import { describeWaitingHost } from '../../domain/hosts/waiting-host.ts'
import { describeHost } from '../../domain/json-shapes.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { type Argument, type CommandGroup, type CommandInput, needText } from '../../roles/command.ts'
import type { Store } from '../../storage/ports/store.ts'
import { JSON_OPTION, printList } from '../list-output.ts'
import { formatTime } from '../table.ts'
import { withStore } from '../with-store.ts'
import { hostAgents } from './host-agents.ts'

const NAME: Argument = { name: 'name', doc: 'Name of the host' }
const PAGE = 1000

export const host: CommandGroup = {
  name: 'host',
  doc: 'Manages the watched machines',
  commands: [
    {
      name: 'host list',
      doc: 'Lists the hosts and whether their names are bound to a key',
      options: {
        status: { kind: 'text', doc: 'Only hosts that are up or down', choices: ['up', 'down'] },
        group: { kind: 'text', doc: 'Only hosts in this group' },
        ...JSON_OPTION,
      },
      run: (input) =>
        withStore(input, async (store, { config }) => {
          const now = systemClock.now()
          const silence = config.events.availabilityCheck
          const { hosts, open, keyed } = await readHosts(store, input, now - silence)
          printList(input, {
            name: 'hosts',
            items: hosts,
            describe: (one) => ({ ...describeHost(one, open, now, silence), has_key: keyed.has(one.name) }),
            headings: ['NAME', 'STATUS', 'ADDRESS', 'PLATFORM', 'LAST SEEN', 'KEY'],
            row: (one) => [
              one.name,
              hostStatus(one, now, silence),
              one.ip,
              one.platform,
              formatTime(one.lastSeen),
              keyed.has(one.name) ? 'yes' : 'no',
            ],
          })
          return EXIT.ok
        }),
    },
    hostAgents,
    {
      name: 'host rename',
      doc: 'Gives a host another name, with all it has; it stays whatever its machine is called',
      arguments: [NAME, { name: 'new-name', doc: 'New name' }],
      run: (input) => {
        const name = readName(input, 'name')
        const newName = readName(input, 'new-name')
        return withStore(
          input,
          async ({ hosts }) => {
            const result = await hosts.rename(name, newName)
            if (result === 'unknown') throw noSuchHost(name)
            if (result === 'taken')
              throw new CommandError(
                `there is a host "${newName}" already, or one had this name and its agent may still use it`,
              )
            return EXIT.ok
          },
          { change: [HOST_CHANGES.rename, `${name} to ${newName}`] },
        )
      },
    },
    {
      name: 'host groups',
      doc: 'Sets the groups of a host; groups reported by its agent stay',
      arguments: [NAME, { name: 'groups', doc: 'Separated by commas; "" for none' }],
      run: (input) => {
        const name = readName(input, 'name')
        const { groups, wrong } = readGroups(needText(input, 'groups'))
        if (wrong.length > 0 || groups.length > MAX_GROUPS)
          throw new CommandError(
            `at most ${MAX_GROUPS} groups of letters, digits, dots, hyphens and underscores, separated by commas`,
            EXIT.usage,
          )
        return withStore(
          input,
          async ({ hosts }) => {
            if (!(await hosts.giveGroups(name, groups))) throw noSuchHost(name)
            return EXIT.ok
          },
          { change: [HOST_CHANGES.groups, `${name}: ${groups.join(', ') || 'none'}`] },
        )
      },
    },
    {
      name: 'host delete',
      doc: 'Deletes a host with its samples, events and key; it reappears if its agent keeps reporting',
      arguments: [NAME],
      run: (input) => {
        const name = readName(input, 'name')
        return withStore(
          input,
          async ({ hosts }) => {
            if (!(await hosts.delete(name))) throw noSuchHost(name)
            return EXIT.ok
          },
          { change: [HOST_CHANGES.delete, name] },
        )
      },
    },
    {
      name: 'host release',
      doc: 'Releases the name of a host for the next agent that uses it, for example after a reinstallation',
      arguments: [{ ...NAME, optional: true }],
      options: {
        keyless: {
          kind: 'flag',
          doc: 'Every host without a key, for example after migrating from the original',
        },
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
          { change: [HOST_CHANGES.release, name] },
        )
      },
    },
    {
      name: 'host waiting',
      doc: 'Lists new hosts waiting for approval (collect.new_hosts)',
      options: JSON_OPTION,
      run: (input) =>
        withStore(input, async ({ enrolment }) => {
          const { total, hosts } = await enrolment.listWaiting(PAGE)
          printList(input, {
            name: 'hosts',
            items: hosts,
            total,
            describe: describeWaitingHost,
            headings: ['NAME', 'ADDRESS', 'SYSTEM', 'FIRST SEEN', 'LAST SEEN', 'KEY'],
            row: ({ name, ip, build, firstSeen, lastSeen, hasKey }) => [
              ...[name, ip, build, formatTime(firstSeen), formatTime(lastSeen)],
              hasKey ? 'yes' : 'no',
            ],
          })
          return EXIT.ok
        }),
    },
    {
      name: 'host approve',
      doc: 'Approves a new host',
      arguments: [NAME],
      run: (input) =>
        decide(input, HOST_CHANGES.approve, ({ enrolment }, name) =>
          enrolment.approve(name, systemClock.now()),
        ),
    },
    {
      name: 'host refuse',
      doc: 'Refuses a new host; `host approve` reverses this',
      arguments: [NAME],
      run: (input) => decide(input, HOST_CHANGES.refuse, ({ enrolment }, name) => enrolment.refuse(name)),
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
    { change: [HOST_CHANGES.release, 'all that no key owns'] },
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

/** All that match, whatever their number. */
async function readHosts({ hosts, events }: Store, input: CommandInput, upSince: number) {
  const status = input.text('status')
  const group = input.text('group')?.toLowerCase()
  const found: Host[] = []
  const keyed = new Set<string>()
  const open = new Map<string, SeverityCounts>()
  for (let total = 1; found.length < total; ) {
    const page = await hosts.list({
      upSince,
      sort: 'name',
      offset: found.length,
      limit: PAGE,
      ...(status !== null && { status: status === 'up' ? 'up' : 'down' }),
      ...(group !== undefined && { group }),
    })
    if (page.hosts.length === 0) break
    const names = page.hosts.map(({ name }) => name)
    for (const name of await hosts.listKeyed(names)) keyed.add(name)
    for (const [name, counts] of await events.countOpenOf(names)) open.set(name, counts)
    found.push(...page.hosts)
    total = page.total
  }
  return { hosts: found, open, keyed }
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
