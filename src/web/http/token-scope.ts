import type { Event } from '../../domain/event.ts'
import { literalName } from '../../domain/pattern.ts'
import type { Requester } from './authenticate.ts'
import { HttpError, notFound, type Route, type WebContext, type WebRequest } from './route.ts'

/** The requester, and the store of hosts. */
type Asked = Pick<WebRequest, 'session' | 'web'>

/** Throws an HttpError where a token that is limited to groups of hosts has no business. */
export async function requireScope(
  { scope }: Route,
  { name = '' }: Readonly<Record<string, string>>,
  { session }: Requester,
  web: WebContext,
): Promise<void> {
  if (session?.withinGroups === undefined || scope === 'filtered') return
  if (scope === undefined)
    throw new HttpError(403, `${describeBound(session.withinGroups)}; this is about more than hosts.`)
  if (!(await mayUseHost({ session, web }, name))) throw notFound('host')
}

const describeBound = (groups: readonly string[]) =>
  `This token is limited to the hosts of ${groups.length === 1 ? 'the group' : 'the groups'} ${groups.join(', ')}`

/** The bound for a list of hosts or events; nothing where there is none. */
export const boundOf = ({ session }: Pick<WebRequest, 'session'>): { withinGroups?: readonly string[] } =>
  session?.withinGroups === undefined ? {} : { withinGroups: session.withinGroups }

/** Whether who asks may know and change this host. True of a host that is not there for who has no bound. */
export async function mayUseHost({ session, web }: Asked, name: string): Promise<boolean> {
  const bound = session?.withinGroups
  if (bound === undefined) return true
  const host = await web.store.hosts.find(name)
  return host?.groups.some((group) => bound.includes(group)) ?? false
}

/** Events of several hosts are for who may know all hosts. */
export async function mayUseEvent(asked: Asked, { host, members }: Event): Promise<boolean> {
  if (asked.session?.withinGroups === undefined) return true
  return members.length === 0 && (await mayUseHost(asked, host))
}

/** Whether a pattern is the name of one host that who asks may change. Any pattern will do for who has no bound. */
export async function mayUsePattern(asked: Asked, pattern: string): Promise<boolean> {
  if (asked.session?.withinGroups === undefined) return true
  const name = literalName(pattern)
  return name !== null && (await mayUseHost(asked, name))
}

/** Throws an HttpError unless `mayUsePattern`. */
export async function requirePattern(asked: Asked, pattern: string): Promise<void> {
  if (await mayUsePattern(asked, pattern)) return
  const groups = asked.session?.withinGroups ?? []
  throw new HttpError(
    403,
    `host: ${describeBound(groups)}; expected the name of one of them, without wildcards.`,
  )
}
