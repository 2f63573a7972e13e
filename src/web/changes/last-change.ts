import type { AuditEntry } from '../../storage/ports/store.ts'
import type { WebContext, WebRequest } from '../http/route.ts'

/** Newest entries among which the change is looked for. */
const SEARCHED = 20

/**
 * The newest change of a thing that the audit log has; null where it has none, as of a change that is logged this
 * moment. `one` is the word by which actions call it: `rule`.
 */
export async function findLastChange(
  { store }: Pick<WebContext, 'store'>,
  one: string,
  name: string,
): Promise<AuditEntry | null> {
  const { entries } = await store.audit.list({ search: name, limit: SEARCHED })
  return (
    entries.find(
      ({ action, detail }) =>
        action.includes(one) &&
        (detail === name || detail.startsWith(`${name}:`) || detail.startsWith(`${name} to `)),
    ) ?? null
  )
}

/** Who made a change, for the beginning of a sentence: `olga`, or `Somebody` where the log does not say. */
export const actorOf = (change: AuditEntry | null, { session }: Pick<WebRequest, 'session'>): string =>
  change === null
    ? 'Somebody'
    : change.actor === session?.user
      ? 'You, in another window or by the API,'
      : change.actor
