/** @jsxImportSource #markup */
import { isSeverity, SEVERITY_NAMES } from '../../../../domain/event.ts'
import {
  findViewErrors,
  MAX_VIEW_NAME,
  MAX_VIEW_PATH,
  MAX_VIEWS,
  readViewPath,
  type SavedView,
} from '../../../../domain/users/saved-view.ts'
import { mayChangeView, storeView } from '../../../changes/saved-views.ts'
import { HttpError, mayUse, notFound, route, type WebRequest } from '../../../http/route.ts'
import {
  checkGroup,
  csrfField,
  formProblem,
  type Problems,
  placeErrors,
  textField,
} from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../../ui/table.tsx'
import { knownVersion, versionField } from '../edit-conflict.tsx'
import { deletePages, type FormConflict, findNamed, formEnd, saveNamed } from '../named-things.tsx'
import { settingsPage } from '../settings-layout.tsx'

const PATH = '/settings/views'
const PARENT = { path: PATH, title: 'Saved views' }

const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Page' },
  { name: 'Filters', breaks: true },
  { name: 'Owner' },
  { name: 'Seen by' },
  { name: 'Change', isPlain: true, isNumber: true },
]

/** Names of pages by the first part of their address. */
const PAGE_WORDS: Readonly<Record<string, string>> = {
  '': 'Home',
  hosts: 'Hosts',
  events: 'Events',
  compare: 'Graph',
  reports: 'Report',
}

export const viewsPage = route({ path: PATH, access: 'viewer' }, async (request) => {
  const views = await request.web.store.views.list(request.session?.user ?? '')
  const rows = views.map((view) => ({
    cells: [
      <a href={view.path}>{view.name}</a>,
      PAGE_WORDS[view.path.split(/[/?]/)[1] ?? ''] ?? 'Page',
      describeFilters(view.path),
      view.owner ?? '–',
      view.isShared ? 'Everybody' : 'You alone',
      mayChangeView(request, view) && (
        <a class="button small" href={`${PATH}/${view.id}`} aria-label={`Edit ${view.name}`}>
          Edit
        </a>
      ),
    ],
  }))
  return settingsPage(request, {
    title: 'Saved views',
    lead: 'A name for a page with its filters, columns and order. They stand in the navigation.',
    body:
      rows.length === 0 ? (
        <section class="empty">
          <h2>No saved views yet</h2>
          <p>
            Filter the list of <a href="/hosts">hosts</a> or <a href="/events">events</a>, then select “Save
            view” there.
          </p>
        </section>
      ) : (
        listTable(COLUMNS, rows)
      ),
  })
})

/** `group db, critical, not acknowledged`: what an address narrows its page to. */
export function describeFilters(path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://monitor.invalid')
  const below = pathname.split('/').slice(2).map(decodeURIComponent).join(' ')
  const filters = [...searchParams]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => FILTER_WORDS[name]?.(value) ?? `${name} ${value}`)
  return [...(below === '' ? [] : [below]), ...filters].join(', ') || '–'
}

/** What people call a filter where the name in the address says it badly. */
const FILTER_WORDS: Readonly<Record<string, (value: string) => string | undefined>> = {
  q: (value) => `“${value}”`,
  severity: (value) => {
    const severity = Number(value)
    return isSeverity(severity) ? SEVERITY_NAMES[severity].toLowerCase() : undefined
  },
  acknowledged: (value) => (value === 'no' ? 'not acknowledged' : 'acknowledged'),
  status: (value) =>
    value === 'all' ? 'open and closed' : value === 'maintenance' ? 'in maintenance' : value,
  range: (value) => `last ${value}`,
  sort: (value) => `sorted by ${value}`,
  order: (value) => (value === 'desc' ? 'descending' : 'ascending'),
}

type ViewFields = { readonly name: string; readonly path: string; readonly isShared: boolean }
type ViewFormState = {
  readonly fields: ViewFields
  readonly id: number | null
  readonly problems?: Problems
  /** The stored view that the fields are filled from. */
  readonly stored?: SavedView
  readonly conflict?: FormConflict<SavedView> | undefined
}

function viewForm(request: WebRequest, { fields, id, problems = {}, stored, conflict }: ViewFormState): Html {
  return settingsPage(request, {
    title: id === null ? 'Save view' : fields.name || 'Saved view',
    parent: PARENT,
    body: (
      <form class="form" method="post" action={id === null ? PATH : `${PATH}/${id}`}>
        {csrfField(request.csrf)}
        {versionField(request, stored ?? conflict?.stored ?? null)}
        {conflict?.words}
        {formProblem(problems)}
        {textField({
          name: 'name',
          label: 'Name',
          value: fields.name,
          required: true,
          maxLength: MAX_VIEW_NAME,
          problem: problems.name,
        })}
        {textField({
          name: 'path',
          label: 'Page',
          value: fields.path,
          required: true,
          maxLength: MAX_VIEW_PATH,
          problem: problems.path,
          hint: `Shows: ${readViewPath(fields.path) === null ? '–' : describeFilters(fields.path)}`,
        })}
        {(mayUse(request, 'operator') || fields.isShared) &&
          checkGroup({
            legend: 'Seen by',
            problem: problems.shared,
            boxes: [
              { name: 'shared', value: '1', words: 'Everybody who signs in', checked: fields.isShared },
            ],
          })}
        {formEnd(id === null ? (readViewPath(fields.path) ?? PATH) : PATH, id)}
      </form>
    ),
  })
}

export const newViewPage = route({ path: `${PATH}/new`, access: 'viewer' }, (request) => {
  const path = readViewPath(request.url.searchParams.get('path') ?? '')
  return viewForm(request, { fields: { name: '', path: path ?? '/hosts', isShared: false }, id: null })
})

export const viewPage = route({ path: `${PATH}/:id`, access: 'viewer' }, async (request) => {
  const stored = await findOwnView(request)
  const { id, name, path, isShared } = stored
  return viewForm(request, { fields: { name, path, isShared }, id, stored })
})

function typedView(form: URLSearchParams): ViewFields {
  const text = (name: string) => (form.get(name) ?? '').trim()
  return { name: text('name'), path: text('path'), isShared: form.has('shared') }
}

function saveView(request: WebRequest, before: SavedView | null) {
  const fields = typedView(request.form)
  const id = before?.id ?? null
  const problems = placeErrors(findViewErrors(fields), {
    path: { words: 'The address of home, hosts, events, a report or a graph, such as /hosts?group=db.' },
  })
  const draft = { ...fields, path: readViewPath(fields.path) ?? '' }
  return saveNamed<typeof draft, SavedView>({
    request,
    path: PATH,
    one: 'view of yours',
    logged: 'saved view',
    id,
    checked: Object.keys(problems).length > 0 ? { problems } : { draft },
    async save(view) {
      const outcome = await storeView(request, view, before, knownVersion(request))
      if (outcome === 'full')
        return { refused: `You have ${MAX_VIEWS} views, which is the most. Delete one first.` }
      return typeof outcome === 'number' ? 'done' : outcome
    },
    show: (wrong, conflict) => viewForm(request, { fields, id, problems: wrong, conflict }),
    find: (at) => request.web.store.views.find(at),
    inWords: ({ name, path, isShared }) => ({
      Name: name,
      Page: path,
      'Seen by': isShared ? 'everybody' : 'you alone',
    }),
    describe: ({ name, path, isShared }) => `${name}: ${path}${isShared ? ', shared' : ''}`,
  })
}

export const addView = route(
  { path: PATH, method: 'POST', access: 'viewer', does: 'add saved view' },
  (request) => saveView(request, null),
)

export const updateView = route(
  { path: `${PATH}/:id`, method: 'POST', access: 'viewer', does: 'change saved view' },
  async (request) => saveView(request, await findOwnView(request)),
)

const deletion = deletePages<SavedView>({
  path: PATH,
  parent: PARENT,
  access: 'viewer',
  one: 'saved view',
  find: (request) => findOwnView(request),
  question: ({ name, isShared }) => (
    <>
      The view <b>{name}</b> disappears from {isShared ? 'everybody’s' : 'your'} navigation. Hosts and events
      stay as they are.
    </>
  ),
  remove: ({ web }, { id }) => web.store.views.delete(id),
})
export const deleteViewPage = deletion.page
export const deleteView = deletion.form

/** One that may be changed. Those of others look as if they were not there; shared ones are seen, and refused. */
async function findOwnView(request: WebRequest): Promise<SavedView> {
  const view = await findNamed(request, request.web.store.views, 'saved view')
  if (mayChangeView(request, view)) return view
  if (!view.isShared) throw notFound('saved view')
  throw new HttpError(403, `This view belongs to ${view.owner ?? 'nobody'}: an administrator can change it.`)
}
