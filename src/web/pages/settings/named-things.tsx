/** @jsxImportSource #markup */
import { MAX_PATTERN } from '../../../domain/notifications/rule-check.ts'
import type { Access } from '../../../domain/users/user.ts'
import type { NamedStore } from '../../../storage/ports/store.ts'
import { notFound, type Route, redirect, route, type WebRequest } from '../../http/route.ts'
import { type Problems, readId, refuseForm, textField } from '../../ui/form-fields.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { confirmPage } from './settings-layout.tsx'

/**
 * What the pages of rules, targets, maintenance windows and views share: finding one by the id of the address, and how a
 * form that was saved, refused or deleted is answered.
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

/** `unknown`: somebody else deleted it meanwhile. A text is a reason that is shown above the form. */
export type SaveOutcome = 'done' | 'taken' | 'unknown' | { readonly refused: string }

/** Adds a thing, or puts it in place of the one with this id. */
export async function storeNamed<T extends Named>(
  store: NamedStore<T>,
  draft: Omit<T, 'id'>,
  id: number | null,
  join: (draft: Omit<T, 'id'>, id: number) => T,
): Promise<SaveOutcome> {
  if (id === null) return (await store.add(draft)) === null ? 'taken' : 'done'
  const result = await store.update(join(draft, id))
  return result === 'updated' ? 'done' : result
}

export type SaveOptions<D> = {
  readonly request: WebRequest
  /** The list, to which a form that was saved leads. */
  readonly path: string
  /** What one of them is called: `rule`. */
  readonly one: string
  /** Null for a new one. */
  readonly id: number | null
  readonly checked: { readonly draft: D } | { readonly problems: Problems }
  readonly save: (draft: D) => Promise<SaveOutcome>
  /** The form with what was typed, and what is wrong with it. */
  readonly show: (problems: Problems) => Html | Promise<Html>
  /** What the audit log says. */
  readonly describe: (draft: D) => string
}

/** Answers a form: back to the list when it is saved, the form again with what is wrong otherwise. */
export async function saveNamed<D>(options: SaveOptions<D>): Promise<Response> {
  const { request, path, one, id, checked, save, show, describe } = options
  if ('problems' in checked) return refuseForm(await show(checked.problems))
  const outcome = await save(checked.draft)
  if (outcome === 'unknown') throw notFound(one)
  if (outcome === 'taken') return refuseForm(await show({ name: `Another ${one} has this name.` }), 409)
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
  /** What happens then. */
  readonly question: (one: T) => Html
  /** A response in its place when it was not deleted. */
  readonly remove: (request: WebRequest, one: T) => Promise<Response | boolean>
}

/** The page that asks before something is deleted, and the form on it. */
export function deletePages<T extends Named>(options: DeleteOptions<T>): { page: Route; form: Route } {
  const { path, parent, access, one, find, question, remove } = options
  const address = `${path}/:id/delete`
  return {
    page: route({ path: address, access }, async (request) => {
      const found = await find(request)
      return confirmPage(request, {
        title: `Delete ${found.name}?`,
        parent,
        question: question(found),
        action: `${path}/${found.id}/delete`,
        back: `${path}/${found.id}`,
        word: `Delete the ${one}`,
      })
    }),
    form: route({ path: address, method: 'POST', access, does: `delete ${one}` }, async (request) => {
      const found = await find(request)
      const result = await remove(request, found)
      if (result instanceof Response) return result
      if (!result) throw notFound(one)
      request.note(found.name)
      return redirect(`${path}?done=deleted`)
    }),
  }
}
