import type { Access } from '../../domain/users/user.ts'
import { actorOf, findLastChange } from '../changes/last-change.ts'
import { isCurrent, versionOf } from '../changes/version.ts'
import { HttpError, notFound, type Route, route, type WebContext, type WebRequest } from '../http/route.ts'
import { mayUsePattern, requirePattern } from '../http/token-scope.ts'

/** The store of resources of one kind. */
type NamedThings<T> = {
  list(): Promise<T[]>
  find(id: number): Promise<T | null>
  add(one: Omit<T, 'id'>): Promise<number | null>
  update(one: T, isKnown: (stored: T) => boolean): Promise<'updated' | 'unknown' | 'taken' | 'outdated'>
}

export type ResourceOptions<T> = {
  readonly path: string
  readonly one: string
  readonly many: string
  readonly read: Access
  readonly write: Access
  readonly store: (web: WebContext) => NamedThings<T>
  /** In the API's words. */
  readonly describe: (one: T) => object
  /** Throws an HttpError for a body that is not right. */
  readonly parse: (request: WebRequest) => Promise<Omit<T, 'id'>>
  /**
   * The host that it is for, as a pattern. Tokens that are limited to groups of hosts see and change those for one of their
   * hosts; without this they have no business here.
   */
  readonly hostOf?: (one: Omit<T, 'id'>) => string
  /** False when there is none. */
  readonly remove: (web: WebContext, id: number) => Promise<boolean>
}

/** The list and its members as JSON: GET and POST of the list; GET, PUT and DELETE of one. */
export function resource<T extends { readonly id: number; readonly name: string }>(
  options: ResourceOptions<T>,
): readonly Route[] {
  const { path, one, many, read, write, store, describe, parse, hostOf, remove } = options
  const single = `${path}/:id`
  const scope = hostOf === undefined ? {} : ({ scope: 'filtered' } as const)
  const isVisible = async (request: WebRequest, found: T) =>
    hostOf === undefined || (await mayUsePattern(request, hostOf(found)))
  const find = async (request: WebRequest): Promise<T> => {
    const found = await store(request.web).find(readId(request.params))
    if (!found || !(await isVisible(request, found))) throw notFound(one)
    return found
  }
  const readDraft = async (request: WebRequest) => {
    const draft = await parse(request)
    if (hostOf !== undefined) await requirePattern(request, hostOf(draft))
    return draft
  }
  const answer = (thing: T, init: ResponseInit = { headers: { etag: etagOf(thing) } }) =>
    Response.json(describe(thing), init)
  const taken = () => new HttpError(409, `There is a ${one} of this name already.`)

  return [
    route({ path, access: read, ...scope, doc: `All ${many}.` }, async (request) => {
      const all: T[] = []
      for (const found of await store(request.web).list())
        if (await isVisible(request, found)) all.push(found)
      return Response.json({ total: all.length, [many]: all.map(describe) })
    }),
    route(
      { path, method: 'POST', access: write, ...scope, does: `add ${one}`, doc: `Adds a ${one}.` },
      async (request) => {
        const draft = await readDraft(request)
        const id = await store(request.web).add(draft)
        if (id === null) throw taken()
        const added = { ...draft, id } as T
        request.note(added.name)
        return answer(added, { status: 201, headers: { location: `${path}/${id}`, etag: etagOf(added) } })
      },
    ),
    route({ path: single, access: read, ...scope, doc: `One ${one}.` }, async (request) =>
      answer(await find(request)),
    ),
    route(
      {
        path: single,
        method: 'PUT',
        access: write,
        ...scope,
        does: `change ${one}`,
        doc: `Puts a ${one} in place of this one.`,
      },
      async (request) => {
        const id = hostOf === undefined ? readId(request.params) : (await find(request)).id
        const changed = { ...(await readDraft(request)), id } as T
        const result = await store(request.web).update(changed, (stored) =>
          isCurrent(stored, request.ifMatch, changed),
        )
        if (result === 'unknown') throw notFound(one)
        if (result === 'outdated') throw await outdated(request, one, await store(request.web).find(id))
        if (result === 'taken') throw taken()
        request.note(changed.name)
        return answer(changed)
      },
    ),
    route(
      {
        path: single,
        method: 'DELETE',
        access: write,
        ...scope,
        does: `delete ${one}`,
        doc: `Deletes a ${one}.`,
      },
      async (request) => {
        const found = await find(request)
        if (!isCurrent(found, request.ifMatch, null)) throw await outdated(request, one, found)
        if (!(await remove(request.web, found.id))) throw notFound(one)
        request.note(found.name)
        return new Response(null, { status: 204 })
      },
    ),
  ]
}

export const etagOf = (thing: object): string => `"${versionOf(thing)}"`

/** Somebody else has changed what the client knew: who, and what to do. */
export async function outdated(
  request: Pick<WebRequest, 'web' | 'session'>,
  one: string,
  stored: { readonly name: string; readonly id: number } | null,
): Promise<HttpError> {
  if (stored === null) return notFound(one)
  const who = actorOf(await findLastChange(request.web, { one, ...stored }), request)
  return new HttpError(
    412,
    `${who} has changed this ${one} since you read it: read it again, and send its ETag in If-Match.`,
    { etag: etagOf(stored) },
  )
}

/** The `:id` of a path; -1, which no resource has, when it is not a number. */
export function readId({ id = '' }: Readonly<Record<string, string>>): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : -1
}
