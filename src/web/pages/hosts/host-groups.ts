import { MAX_GROUPS, readGroups } from '../../../domain/group.ts'
import { readBody } from '../../api/request-body.ts'
import { HttpError, notFound, redirect, route, type WebRequest } from '../../http/route.ts'
import { hostPath } from '../../ui/components.tsx'

const ACTION = 'change groups of host'

/** Puts groups in place of those that people gave a host; those that its agent says stay. */
export const changeHostGroups = route(
  { path: '/hosts/:name/groups', method: 'POST', access: 'operator', does: ACTION },
  async (request) => {
    const { name } = await giveGroups(request, request.form.get('groups') ?? '')
    return redirect(`${hostPath(name)}#groups`)
  },
)

async function giveGroups({ params, web, note }: WebRequest, text: string) {
  const name = params.name ?? ''
  const { groups, wrong } = readGroups(text)
  if (wrong.length > 0)
    throw new HttpError(
      400,
      `“${(wrong[0] ?? '').slice(0, 80)}” can't be the name of a group: letters, digits, dots, hyphens and underscores, at most 64.`,
    )
  if (groups.length > MAX_GROUPS) throw new HttpError(400, `A host is in at most ${MAX_GROUPS} groups.`)
  if (!(await web.store.hosts.giveGroups(name, groups))) throw notFound('host')
  note(`${name}: ${groups.join(', ') || 'none'}`)
  return { name, groups }
}

/** The body is `{"groups":"web, berlin"}`; the answer is the host's groups afterwards, its agent's included. */
export const apiHostGroups = route(
  {
    path: '/api/v1/hosts/:name/groups',
    method: 'POST',
    access: 'operator',
    does: ACTION,
    doc: 'Puts other groups in place of those that people gave the host.',
  },
  async (request) => {
    const fields = readBody(request.body)
    const groups = fields.text('groups')
    fields.finish()
    const { name } = await giveGroups(request, groups)
    const host = await request.web.store.hosts.find(name)
    return Response.json({ host: name, groups: host?.groups ?? [] })
  },
)
