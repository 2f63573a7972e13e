import { HOST_CHANGES } from '../../domain/hosts/change-host.ts'
import { MAX_GROUPS, readGroups } from '../../domain/hosts/group.ts'
import { HttpError, notFound, type WebRequest } from '../http/route.ts'
import { actorOf, findLastChange } from './last-change.ts'

/**
 * Puts groups, given as a text, in place of those that people gave the host of the request, as long as these are known
 * to who asks. Throws an `HttpError`.
 */
export async function giveGroups(
  request: WebRequest,
  text: string,
  isKnown: (given: readonly string[]) => boolean = () => true,
) {
  const { params, web, note } = request
  const name = params.name ?? ''
  const { groups, wrong } = readGroups(text)
  if (wrong.length > 0)
    throw new HttpError(
      400,
      `“${(wrong[0] ?? '').slice(0, 80)}” can't be the name of a group: letters, digits, dots, hyphens and underscores, at most 64.`,
    )
  if (groups.length > MAX_GROUPS) throw new HttpError(400, `A host is in at most ${MAX_GROUPS} groups.`)
  let others: readonly string[] | null = null
  const isHost = await web.store.hosts.changeGroups(name, (given) => {
    others = isKnown(given) || isSame(given, groups) ? null : given
    return others === null ? groups : null
  })
  if (!isHost) throw notFound('host')
  if (others !== null) throw await outdated(request, name, others)
  note(`${name}: ${groups.join(', ') || 'none'}`)
  return { name, groups }
}

async function outdated(request: WebRequest, name: string, given: readonly string[]): Promise<HttpError> {
  const who = actorOf(await findLastChange(request.web, { one: HOST_CHANGES.groups, name }), request)
  const now = given.length === 0 ? 'none' : given.join(', ')
  return new HttpError(
    409,
    `Not saved. ${who} has changed the groups of ${name} since you looked: they are now ${now}.`,
  )
}

/** Whether two lists hold the same groups, in whatever order. */
export const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((group) => other.includes(group))

/**
 * Adds a host to a group, even when others change its groups at the same time. False when there is no such
 * host.
 */
export const addGroup = (web: WebRequest['web'], name: string, group: string): Promise<boolean> =>
  web.store.hosts.changeGroups(name, (given) =>
    given.includes(group) || given.length >= MAX_GROUPS ? null : [...given, group],
  )
