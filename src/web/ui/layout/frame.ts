import type { SavedView } from '../../../domain/users/saved-view.ts'
import type { Session } from '../../../storage/ports/store.ts'

/** The data that the navigation shows besides its entries. */
export type NavigationState = {
  readonly views: readonly SavedView[]
  /** Open events that are not acknowledged; counted up to 10,000. */
  readonly openEvents: number
  readonly hosts: number
}

/**
 * The session of the user who views a page. Without a frame, as on an error page, the navigation shows only
 * its entries.
 */
export type Viewer = Session & { readonly frame?: NavigationState }
