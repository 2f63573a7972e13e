import { MAX_GROUPS, readGroups } from '../../../domain/hosts/group.ts'
import type { Host } from '../../../domain/hosts/host.ts'
import { DEFAULT_PREFERENCES, readPreferences } from '../../../domain/users/preferences.ts'
import { addGroup } from '../../changes/host-groups.ts'
import { muteHostUntil, readMuteEnd } from '../../changes/mute-host.ts'
import { writeRef } from '../../charts/series-ref.ts'
import { readLocalPath } from '../../http/request-body.ts'
import { HttpError, mayUse, type RouteResult, redirect, route, type WebRequest } from '../../http/route.ts'

/** The actions on hosts that are selected in the list, and the choice of its columns. */

/** Most lines of one graph: more can't be distinguished. */
const MOST_COMPARED = 12
/** Each host that is muted gets a maintenance window; one with a pattern does for more. */
const MOST_MUTED = 50
const MOST_GROUPED = 1000

const ACTIONS = ['compare', 'mute', 'group', 'columns', 'usual-columns'] as const

export const changeHosts = route(
  { path: '/change-hosts', method: 'POST', access: 'viewer', does: 'change hosts' },
  async (request) => {
    const { form } = request
    const action = ACTIONS.find((one) => one === form.get('action'))
    if (action === undefined) throw new HttpError(400, `action: expected one of ${ACTIONS.join(', ')}`)
    const back = readLocalPath(form.get('back') ?? '/hosts')
    if (action === 'columns' || action === 'usual-columns')
      return keepColumns(request, action === 'columns' ? form.getAll('column') : undefined, back)
    const hosts = await readHosts(request)
    if (action === 'compare') return compare(hosts)
    if (!mayUse(request, 'operator')) throw new HttpError(403, 'This needs the role of an operator.')
    return action === 'mute' ? mute(hosts, request, back) : addToGroup(hosts, request, back)
  },
)

async function keepColumns(
  { session, web }: WebRequest,
  columns: readonly string[] | undefined,
  back: string,
): Promise<RouteResult> {
  const { hostColumns: _, ...others } = session?.preferences ?? DEFAULT_PREFERENCES
  const chosen = readPreferences({ ...others, ...(columns !== undefined && { hostColumns: columns }) })
  await web.store.users.setPreferences(session?.user ?? '', chosen)
  return redirect(back)
}

/** The selected hosts that there are. Throws an HttpError when none is. */
async function readHosts({ form, web }: WebRequest): Promise<Host[]> {
  const names = [...new Set(form.getAll('host'))].slice(0, MOST_GROUPED)
  const found = await web.store.hosts.findAll(names)
  if (found.size === 0) throw new HttpError(400, 'Select at least one host first.')
  return names.flatMap((name) => found.get(name) ?? [])
}

function compare(hosts: readonly Host[]): RouteResult {
  if (hosts.length > MOST_COMPARED)
    throw new HttpError(400, `A graph tells at most ${MOST_COMPARED} hosts apart: select fewer.`)
  const query = new URLSearchParams(
    hosts.map(({ name }) => ['series', writeRef({ host: name, metric: 'perf.processor.percent.used' })]),
  )
  return redirect(`/compare?${query}`)
}

async function mute(hosts: readonly Host[], request: WebRequest, back: string): Promise<RouteResult> {
  if (hosts.length > MOST_MUTED)
    throw new HttpError(
      400,
      `At most ${MOST_MUTED} hosts are muted at once: schedule a maintenance window with a pattern for more.`,
    )
  const end = readMuteEnd(request)
  if ('problem' in end) throw new HttpError(400, end.problem)
  for (const { name } of hosts) await muteHostUntil(name, end.to, request)
  return redirect(back)
}

async function addToGroup(hosts: readonly Host[], { form, web, note }: WebRequest, back: string) {
  const { groups, wrong } = readGroups(form.get('group') ?? '')
  const [group] = groups
  if (group === undefined || groups.length > 1 || wrong.length > 0)
    throw new HttpError(400, 'group: expected the name of one group, such as web or site:ams1')
  const full = hosts.find(
    ({ givenGroups }) => givenGroups.length >= MAX_GROUPS && !givenGroups.includes(group),
  )
  if (full)
    throw new HttpError(400, `A host is in at most ${MAX_GROUPS} groups, and ${full.name} is in as many.`)
  for (const { name } of hosts) await addGroup(web, name, group)
  note(
    `${group}: ${hosts
      .map(({ name }) => name)
      .join(', ')
      .slice(0, 300)}`,
  )
  return redirect(back)
}
