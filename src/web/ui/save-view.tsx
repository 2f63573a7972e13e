/** @jsxImportSource #markup */
import type { Html } from './markup/html.ts'

/** Leads to the form that gives this list, as it is filtered and ordered, a name. */
export const saveViewLink = (url: URL): Html => (
  <a href={`/settings/views/new?path=${encodeURIComponent(url.pathname + url.search)}`}>Save view</a>
)
