import type { SavedView } from '../../domain/users/saved-view.ts'
import type { ViewChange } from '../../storage/ports/store.ts'
import { HttpError, mayUse, type WebRequest } from '../http/route.ts'
import { isCurrent, type KnownVersions } from './version.ts'

/** People change their own views; administrators also those that everybody sees. */
export const mayChangeView = (request: WebRequest, { owner, isShared }: SavedView): boolean =>
  owner === request.session?.user || (isShared && mayUse(request, 'admin'))

/**
 * Keeps a checked view: a new one of who asks, or one in place of `before`, which is still of the version `known`
 * unless that is null. Gives the id of a new one. Throws an `HttpError` where sharing is not allowed.
 */
export async function storeView(
  request: WebRequest,
  draft: Pick<SavedView, 'name' | 'path' | 'isShared'>,
  before: SavedView | null,
  known: KnownVersions,
): Promise<number | ViewChange> {
  const { session, web } = request
  if (draft.isShared && before?.isShared !== true && !mayUse(request, 'operator'))
    throw new HttpError(403, 'Sharing a view needs the role operator.')
  return before === null
    ? web.store.views.add({ ...draft, owner: session?.user ?? '' })
    : web.store.views.update({ ...draft, id: before.id }, (stored) =>
        isCurrent(stored, known, { ...stored, ...draft }),
      )
}
