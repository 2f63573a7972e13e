import { describeDuration } from '../time/duration.ts'

/**
 * At least so many hosts that fall silent together become one event, if they are also more than half of those
 * that were up.
 */
export const GROUP_LEAST = 3

/**
 * The id of the event of an imported host that has not reported here yet; it sends no notification. The colon
 * keeps agents from closing it: the event engine does, when the host reports.
 */
export const IMPORT_SILENCE = 'original-silence:0'

export type AvailabilityHost = {
  readonly name: string
  /** Server's clock at the newest packet. */
  readonly lastSeen: number
}

/** Hosts that fell silent together and share one event. Plain JSON. */
export type SilenceGroup = {
  /** Server's clock. */
  readonly opened: number
  /** Those that have not been seen since. */
  readonly members: readonly string[]
  /** When one of them was seen again last; null while none was. */
  readonly returned: number | null
}

export type AvailabilityState = {
  /** Hosts with an open event of silence of their own, and when it opened by the server's clock. */
  readonly open: ReadonlyMap<string, number>
  readonly group: SilenceGroup | null
}

export type AvailabilityInput = AvailabilityState & {
  readonly hosts: readonly AvailabilityHost[]
  readonly now: number
  /**
   * When the engine started, or its clock was last set: the silence of every host counts from here at the
   * earliest.
   */
  readonly since: number
  /** Seconds of silence that are an event. */
  readonly check: number
  /** False gives each silent host an event of its own. */
  readonly isGrouping: boolean
}

export type AvailabilityVerdict = {
  /** Events to open, each with how many seconds the host is silent. */
  readonly opening: readonly { readonly host: string; readonly silent: number }[]
  /** Hosts whose event closes: seen again, or deleted. */
  readonly closing: readonly string[]
  /** The group from now on. It opened, or closes, when this and the one before differ in being null. */
  readonly group: SilenceGroup | null
  /** Hosts that joined the group just now. */
  readonly joined: readonly string[]
}

/**
 * Compares the hosts that were seen with the open events. Hosts that die at one moment reach the limit up to
 * one sending interval apart; so once one has reached it, those that are silent for more than half of the
 * limit count as fallen with it, and stragglers of one limit join. The group ends when all were seen again,
 * or one limit after the newest return: each host that is still silent then gets an event of its own.
 */
export function evaluateAvailability(input: AvailabilityInput): AvailabilityVerdict {
  const { now, since, check, open } = input
  const known = new Map(input.hosts.map((host) => [host.name, host.lastSeen]))
  const silence = (host: string) => now - Math.max(known.get(host) ?? now, since)

  const hasReturned = (lastSeen: number, opened: number) =>
    // An event that opened in the future was opened by a wrong clock: a host that reports now is back.
    opened > now ? now - lastSeen <= check : lastSeen >= opened
  const closing = [...open].flatMap(([host, opened]) => {
    const lastSeen = known.get(host)
    return lastSeen === undefined || hasReturned(lastSeen, opened) ? [host] : []
  })
  const isStillSilent = (host: string, opened: number) => {
    const lastSeen = known.get(host)
    return lastSeen !== undefined && !hasReturned(lastSeen, opened)
  }
  const kept = keepGroup(input.group, isStillSilent, now, check)
  const reported = new Set([...open.keys(), ...(input.group?.members ?? [])])
  const up = input.hosts.filter(({ name }) => !reported.has(name))
  const silent = up.filter(({ name }) => silence(name) > check)
  const single = (names: readonly string[]) => names.map((host) => ({ host, silent: silence(host) }))

  if (kept.group !== null && now - kept.group.opened <= check) {
    const joined = silent.map(({ name }) => name)
    const group = { ...kept.group, members: [...kept.group.members, ...joined] }
    return { opening: single(kept.left), closing, group, joined }
  }
  if (input.isGrouping && kept.group === null && silent.length > 0) {
    const fallen = up.filter(({ name }) => silence(name) > check / 2).map(({ name }) => name)
    if (fallen.length >= GROUP_LEAST && fallen.length > up.length / 2) {
      const group = { opened: now, members: fallen, returned: null }
      return { opening: single(kept.left), closing, group, joined: fallen }
    }
  }
  const names = [...kept.left, ...silent.map(({ name }) => name)]
  return { opening: single(names), closing, group: kept.group, joined: [] }
}

/** `left` are members that have to speak for themselves, because the group is over. */
function keepGroup(
  group: SilenceGroup | null,
  isStillSilent: (host: string, opened: number) => boolean,
  now: number,
  check: number,
): { group: SilenceGroup | null; left: readonly string[] } {
  if (group === null) return { group: null, left: [] }
  const members = group.members.filter((host) => isStillSilent(host, group.opened))
  const returned = members.length < group.members.length ? now : group.returned
  if (members.length === 0) return { group: null, left: [] }
  if (returned !== null && now - returned > check) return { group: null, left: members }
  return { group: { ...group, members, returned }, left: [] }
}

/** `web01 has sent no data for 5 minutes`. */
export function describeSilence(host: string, seconds: number): string {
  return `${host} has sent no data for ${describeDuration(seconds)}`
}

/** `23 hosts fell silent at once: web01, web02, … and 13 more`. */
export function describeGroup(hosts: readonly string[]): string {
  const named = hosts.slice(0, 10)
  const more = hosts.length > named.length ? ` and ${hosts.length - named.length} more` : ''
  return `${hosts.length} hosts fell silent at once: ${named.join(', ')}${more}`
}
