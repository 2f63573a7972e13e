/** @jsxImportSource #markup */
import type { Html } from './markup/html.ts'

/** The address of the form that gives a page, by its path and query, a name. */
export const saveViewPath = (path: string): string => `/settings/views/new?path=${encodeURIComponent(path)}`

/**
 * Leads to the form that gives this list, as it is filtered and ordered, a name; with the dot before it, which goes
 * where the link does, as on walls and paper.
 */
export const saveViewLink = (url: URL): Html => (
  <span class="save-view">
    {' · '}
    <a href={saveViewPath(url.pathname + url.search)}>Save view</a>
  </span>
)
