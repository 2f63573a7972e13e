/** @jsxImportSource #markup */
import { actorOf, type ChangedThing, findLastChange } from '../../changes/last-change.ts'
import { type KnownVersions, versionOf } from '../../changes/version.ts'
import type { WebRequest } from '../../http/route.ts'
import { agoLabel } from '../../ui/components.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { listTable } from '../../ui/table.tsx'

/**
 * Two users edit one thing: the second is shown the changes of the first, keeps the entered values, and
 * decides. A form contains the version of the thing that it was filled from.
 */

/** The values of a thing as text, by the names of its fields. */
export type Described = Readonly<Record<string, string>>

/** `shown` is what the form is filled from; null for a form that is shown again with what was typed. */
export function versionField({ form }: WebRequest, shown: object | null): Html | null {
  const version = shown === null ? form.get('version') : versionOf(shown)
  return version === null ? null : <input type="hidden" name="version" value={version} />
}

/** The version that a form was filled from; null when the form does not contain it. */
export function knownVersion({ form }: WebRequest): KnownVersions {
  const version = form.get('version')
  return version === null ? null : [version]
}

export type Conflict = {
  /** The name of its kind: `rule`. */
  readonly one: string
  readonly name: string
  readonly id: number
  readonly stored: Described
  readonly typed: Described
}

/** Stands above the form that was not saved. */
export async function conflictView(
  request: WebRequest,
  { one, name, id, stored, typed }: Conflict,
): Promise<Html> {
  const { web, now } = request
  const change = await findLastChange(web, { one, name, id })
  const rows = Object.entries(typed)
    .filter(([field, words]) => stored[field] !== words)
    .map(([field, words]) => ({ cells: [field, stored[field] || '–', words || '–'] }))
  return (
    <div class="problem" role="alert">
      <p>
        <b>Not saved.</b> {actorOf(change, request)} changed this {one}{' '}
        {change === null ? 'after you opened it' : agoLabel(change.time, now)}. Save again to put your values
        in place of what is stored now, or cancel to keep that.
      </p>
      {listTable(
        [{ name: 'Field' }, { name: 'Stored now', breaks: true }, { name: 'Yours', breaks: true }],
        rows,
      )}
    </div>
  )
}

/** Stands above the question that was asked about something that is another thing now. */
export async function changedView(request: WebRequest, thing: ChangedThing): Promise<Html> {
  const { one } = thing
  const change = await findLastChange(request.web, thing)
  return (
    <p class="problem" role="alert">
      <b>Not deleted.</b> {actorOf(change, request)} changed this {one} after you opened this page. Look at it
      again, or delete it as it is now.
    </p>
  )
}
