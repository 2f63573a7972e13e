/** @jsxImportSource #markup */
import { MAX_PATTERN } from '../../../domain/notifications/rule-check.ts'
import type { Access } from '../../../domain/users/user.ts'
import type { NamedStore } from '../../../storage/ports/store.ts'
import { isCurrent } from '../../changes/version.ts'
import { notFound, type Route, redirect, route, type WebRequest } from '../../http/route.ts'
import { type Problems, readId, refuseForm, textField } from '../../ui/form-fields.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { changedView, conflictView, type Described, knownVersion, versionField } from './edit-conflict.tsx'
import { confirmPage } from './settings-layout.tsx'

/**
 * Shared by the pages of rules, targets, maintenance windows and views: finding one by the id in the address,
 * and the response to a form that was saved, rejected or deleted.
 */

type Named = { readonly id: number; readonly name: string }

/** The thing that the address names. Throws an HttpError when there is none. */
export async function findNamed<T>(
  { params }: WebRequest,
  store: { find(id: number): Promise<T | null> },
  one: string,
): Promise<T> {
  const found = await store.find(readId(params.id))
  if (!found) throw notFound(one)
  return found
}

/**
 * `unknown`: another user has deleted it meanwhile; `outdated`: another user has changed it. `refused` is a
 * reason that is shown above the form.
 */
export type SaveOutcome = 'done' | 'taken' | 'unknown' | 'outdated' | { readonly refused: string }

/** Adds a thing, or puts it in place of the one with this id as long as that is what the form was filled from. */
export async function storeNamed<T extends Named>(
  request: WebRequest,
  store: NamedStore<T>,
  {
    draft,
    id,
    join,
  }: {
    readonly draft: Omit<T, 'id'>
    readonly id: number | null
    readonly join: (draft: Omit<T, 'id'>, id: number) => T
  },
): Promise<SaveOutcome> {
  if (id === null) return (await store.add(draft)) === null ? 'taken' : 'done'
  const wanted = join(draft, id)
  const known = knownVersion(request)
  const result = await store.update(wanted, (stored) => isCurrent(stored, known, wanted))
  return result === 'updated' ? 'done' : result
}

export type SaveOptions<D, T extends D & Named> = {
  readonly request: WebRequest
  /** The list, to which a form that was saved leads. */
  readonly path: string
  /** The name of their kind: `rule`. */
  readonly one: string
  /** The name of their kind in the audit log, where it is a different one. */
  readonly logged?: string
  /** Null for a new one. */
  readonly id: number | null
  readonly checked: { readonly draft: D } | { readonly problems: Problems }
  readonly save: (draft: D) => Promise<SaveOutcome>
  /** The form with the entered values and their problems. */
  readonly show: (problems: Problems, conflict?: FormConflict<T>) => Html | Promise<Html>
  /** The stored thing; null when it has been deleted. */
  readonly find: (id: number) => Promise<T | null>
  /** Its fields as text, to show the changes of another user. */
  readonly inWords: (one: D) => Described
  /** The detail in the audit log. */
  readonly describe: (draft: D) => string
}

/** Another user has changed the thing meanwhile: the stored thing, and the text about it above the form. */
export type FormConflict<T> = { readonly stored: T; readonly words: Html }

/**
 * Answers a form: redirects to the list when it was saved, otherwise shows the form again with its problems.
 */
export async function saveNamed<D, T extends D & Named>(options: SaveOptions<D, T>): Promise<Response> {
  const { request, path, one, id, checked, save, show, describe, find, inWords } = options
  if ('problems' in checked) return refuseForm(await show(checked.problems))
  const outcome = await save(checked.draft)
  if (outcome === 'unknown') throw notFound(one)
  if (outcome === 'taken') return refuseForm(await show({ name: `Another ${one} has this name.` }), 409)
  if (outcome === 'outdated') {
    const stored = await find(id ?? -1)
    if (stored === null) throw notFound(one)
    const words = await conflictView(request, {
      one: options.logged ?? one,
      name: stored.name,
      id: stored.id,
      stored: inWords(stored),
      typed: inWords(checked.draft),
    })
    return refuseForm(await show({}, { stored, words }), 409)
  }
  if (outcome !== 'done') return refuseForm(await show({ form: outcome.refused }), 409)
  request.note(describe(checked.draft))
  return redirect(`${path}?done=${id === null ? 'added' : 'saved'}`)
}

/** The name of a rule, target or maintenance window; the bound is that of its column. */
export const nameField = (value: string, problem: string | undefined): Html =>
  textField({ name: 'name', label: 'Name', value, required: true, maxLength: 100, problem })

/** The hosts that a rule or a maintenance window is for. */
export const hostsField = (value: string, problem: string | undefined): Html =>
  textField({
    name: 'host',
    label: 'Hosts',
    value,
    required: true,
    maxLength: MAX_PATTERN,
    problem,
    hint: '* or % matches any text, ? or _ one character: web*',
  })

/** The row of buttons below a form; `more` stands between saving and leaving. */
export const formEnd = (path: string, id: number | null, more: Html | null = null): Html => (
  <div class="form-end">
    <button class="primary" type="submit">
      {id === null ? 'Add' : 'Save'}
    </button>
    {more}
    <a class="button" href={path}>
      Cancel
    </a>
    {id !== null && (
      <a class="button danger-link" href={`${path}/${id}/delete`}>
        Delete…
      </a>
    )}
  </div>
)

export type DeleteOptions<T> = {
  readonly path: string
  readonly parent: { readonly path: string; readonly title: string }
  readonly access: Access
  readonly one: string
  readonly find: (request: WebRequest) => Promise<T>
  /** Describes the consequences. */
  readonly question: (one: T) => Html
  /** A response in its place when it was not deleted. */
  readonly remove: (request: WebRequest, one: T) => Promise<Response | boolean>
}

/** The page that asks before something is deleted, and the form on it. */
export function deletePages<T extends Named>(options: DeleteOptions<T>): { page: Route; form: Route } {
  const { path, parent, access, one, find, question, remove } = options
  const address = `${path}/:id/delete`
  const ask = (request: WebRequest, found: T, problem: Html | null) =>
    confirmPage(request, {
      title: `Delete ${found.name}?`,
      parent,
      question: question(found),
      action: `${path}/${found.id}/delete`,
      back: `${path}/${found.id}`,
      word: `Delete the ${one}`,
      more: (
        <>
          {versionField(request, found)}
          {problem}
        </>
      ),
    })
  return {
    page: route({ path: address, access }, async (request) => ask(request, await find(request), null)),
    form: route({ path: address, method: 'POST', access, does: `delete ${one}` }, async (request) => {
      const found = await find(request)
      if (!isCurrent(found, knownVersion(request), null))
        return refuseForm(
          ask(request, found, await changedView(request, { one, name: found.name, id: found.id })),
          409,
        )
      const result = await remove(request, found)
      if (result instanceof Response) return result
      if (!result) throw notFound(one)
      request.note(found.name)
      return redirect(`${path}?done=deleted`)
    }),
  }
}
