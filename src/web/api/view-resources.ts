import { findViewErrors, MAX_VIEWS, readViewPath, type SavedView } from '../../domain/users/saved-view.ts'
import { mayChangeView, storeView } from '../changes/saved-views.ts'
import { isCurrent } from '../changes/version.ts'
import { HttpError, notFound, type Route, route, type WebRequest } from '../http/route.ts'
import { readBody } from './request-body.ts'
import { etagOf, outdated, readId } from './resource.ts'

/** Saved views: the own ones and those that everybody sees. */
const PATH = '/api/v1/views'
const SINGLE = `${PATH}/:id`

export const describeView = ({ id, name, path, owner, isShared }: SavedView) => ({
  id,
  name,
  path,
  owner,
  shared: isShared,
})

const answerView = (view: SavedView, headers: Readonly<Record<string, string>> = {}, status = 200) =>
  Response.json(describeView(view), { status, headers: { ...headers, etag: etagOf(view) } })

async function findView(request: WebRequest): Promise<SavedView> {
  const view = await request.web.store.views.find(readId(request.params))
  if (!view || !(view.isShared || view.owner === request.session?.user)) throw notFound('view')
  return view
}

async function findOwnView(request: WebRequest): Promise<SavedView> {
  const view = await findView(request)
  if (!mayChangeView(request, view)) throw new HttpError(403, 'This view belongs to somebody else.')
  return view
}

function readView({ body }: WebRequest) {
  const fields = readBody(body)
  const draft = {
    name: fields.text('name'),
    path: fields.text('path'),
    isShared: fields.flag('shared', false),
  }
  fields.finish(findViewErrors(draft))
  return { ...draft, path: readViewPath(draft.path) ?? '' }
}

async function keepView(request: WebRequest, before: SavedView | null): Promise<SavedView> {
  const draft = readView(request)
  const outcome = await storeView(request, draft, before, request.ifMatch)
  if (outcome === 'outdated') throw await outdated(request, 'saved view', before)
  if (outcome === 'taken') throw new HttpError(409, 'There is a view of this name already.')
  if (outcome === 'full') throw new HttpError(409, `A user has at most ${MAX_VIEWS} views: delete one first.`)
  if (outcome === 'unknown') throw notFound('view')
  request.note(draft.name)
  const id = typeof outcome === 'number' ? outcome : (before?.id ?? -1)
  return { ...draft, id, owner: before === null ? (request.session?.user ?? null) : before.owner }
}

export const apiViews: readonly Route[] = [
  route(
    { path: PATH, access: 'viewer', doc: 'Your saved views, and those that everybody sees.' },
    async ({ session, web }) => {
      const views = await web.store.views.list(session?.user ?? '')
      return Response.json({ total: views.length, views: views.map(describeView) })
    },
  ),
  route(
    { path: PATH, method: 'POST', access: 'viewer', does: 'add saved view', doc: 'Saves a view.' },
    async (request) => {
      const view = await keepView(request, null)
      return answerView(view, { location: `${PATH}/${view.id}` }, 201)
    },
  ),
  route({ path: SINGLE, access: 'viewer', doc: 'One saved view.' }, async (request) =>
    answerView(await findView(request)),
  ),
  route(
    {
      path: SINGLE,
      method: 'PUT',
      access: 'viewer',
      does: 'change saved view',
      doc: 'Puts a view in place of this one.',
    },
    async (request) => answerView(await keepView(request, await findOwnView(request))),
  ),
  route(
    {
      path: SINGLE,
      method: 'DELETE',
      access: 'viewer',
      does: 'delete saved view',
      doc: 'Deletes a saved view.',
    },
    async (request) => {
      const view = await findOwnView(request)
      const { id, name } = view
      if (!isCurrent(view, request.ifMatch, null)) throw await outdated(request, 'saved view', view)
      if (!(await request.web.store.views.delete(id))) throw notFound('view')
      request.note(name)
      return new Response(null, { status: 204 })
    },
  ),
]
