import type { AuditEntry } from '../../storage/ports/store.ts'
import type { WebContext, WebRequest } from '../http/route.ts'

/** Newest entries among which the change is looked for. */
const SEARCHED = 100

/**
 * The changed thing: `one` is its kind in the names of actions, as `rule`. The shell may have logged it by
 * its id.
 */
export type ChangedThing = { readonly one: string; readonly name: string; readonly id?: number }

/**
 * The newest change of a thing that the audit log has; null where it has none, as of a change that is logged this
 * moment.
 */
export async function findLastChange(
  { store }: Pick<WebContext, 'store'>,
  { one, name, id }: ChangedThing,
): Promise<AuditEntry | null> {
  const { entries } = await store.audit.list({ search: one, limit: SEARCHED })
  const isOfIt = ({ action, detail }: AuditEntry) =>
    action.includes(one) &&
    (detail === name ||
      detail === String(id) ||
      detail.startsWith(`${name}:`) ||
      detail.startsWith(`${name} to `))
  return entries.find(isOfIt) ?? null
}

/**
 * The user who made a change, as the beginning of a sentence: `olga`, or `Somebody` where the log does not
 * contain the change.
 */
export const actorOf = (change: AuditEntry | null, { session }: Pick<WebRequest, 'session'>): string =>
  change === null
    ? 'Somebody'
    : change.actor === session?.user
      ? 'You, in another window or by the API,'
      : change.actor
