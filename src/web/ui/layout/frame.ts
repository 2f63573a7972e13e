import type { SavedView } from '../../../domain/users/saved-view.ts'
import type { Session } from '../../../storage/ports/store.ts'

/** What the navigation shows besides its entries. */
export type NavigationState = {
  readonly views: readonly SavedView[]
  /** Open events that nobody has acknowledged; counts up to 10,000. */
  readonly openEvents: number
  readonly hosts: number
}

/** Who looks at a page. Without a frame, as on the page of an error, the navigation shows its entries alone. */
export type Viewer = Session & { readonly frame?: NavigationState }
