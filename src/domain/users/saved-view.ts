import { isLabel } from '../notifications/target.ts'

/** A name for a page with its filters, columns and order. */
export type SavedView = {
  readonly id: number
  readonly name: string
  /** Path and query of the page. */
  readonly path: string
  /** Name of the user; null for a shared view whose user was deleted. */
  readonly owner: string | null
  /** Everybody sees a shared view, the others are seen by their owner alone. */
  readonly isShared: boolean
}

export const MAX_VIEW_NAME = 60
export const MAX_VIEW_PATH = 1000
/** Views of one user. */
export const MAX_VIEWS = 50

/** Pages that a view can show; pages below them count too. */
const PAGES = ['/hosts', '/events', '/reports', '/compare'] as const
/** Parameters that hold a place in a list or the outcome of an action: they are not part of a view. */
const OF_A_MOMENT = ['offset', 'cursor', 'did', 'undid', 'kept', 'missed', 'done', 'view'] as const

const EXPECTED = `the address of home, hosts, events, a report or a graph, at most ${MAX_VIEW_PATH} characters`

/** Path and query as a view stores them; null for anything that cannot be a view. */
export function readViewPath(text: string): string | null {
  if (text.length > MAX_VIEW_PATH || !text.startsWith('/')) return null
  const base = 'http://monitor.invalid'
  const url = URL.canParse(text, base) ? new URL(text, base) : null
  // Two slashes at the beginning are another host.
  if (url === null || url.origin !== base) return null
  const isPage = url.pathname === '/' || PAGES.some((page) => isAtOrBelow(url.pathname, page))
  if (!isPage) return null
  for (const name of OF_A_MOMENT) url.searchParams.delete(name)
  const path = `${url.pathname}${url.search}`
  return path.length > MAX_VIEW_PATH ? null : path
}

const isAtOrBelow = (path: string, page: string) => path === page || path.startsWith(`${page}/`)

/** Problems of a view that a user wants to save; empty when it may be saved. */
export function findViewErrors({ name, path }: Pick<SavedView, 'name' | 'path'>) {
  const errors: { readonly field: string; readonly expected: string }[] = []
  if (!isLabel(name) || name.length > MAX_VIEW_NAME)
    errors.push({ field: 'name', expected: `a name of 1 to ${MAX_VIEW_NAME} characters on one line` })
  if (readViewPath(path) === null) errors.push({ field: 'path', expected: EXPECTED })
  return errors
}
