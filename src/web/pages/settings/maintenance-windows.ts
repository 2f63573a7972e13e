import { type Window, windowEnd } from '../../../domain/maintenance-window.ts'
import { notFound, type PageRequest, page, redirect } from '../../http/route.ts'
import { csrfField, formProblem, type Problems, readId, refuseForm } from '../../ui/form-fields.ts'
import { type Html, html } from '../../ui/html.ts'
import { type ListColumn, listTable } from '../../ui/table.ts'
import {
  checkWindow,
  describeWindow,
  fieldsOfWindow,
  newWindow,
  typedWindow,
  type WindowFields,
  windowFieldsView,
} from './maintenance-form.ts'
import { confirmPage, settingsPage } from './settings-layout.ts'

const PATH = '/settings/windows'
const PARENT = { path: PATH, title: 'Maintenance and quiet hours' }

const zoneOf = ({ session, web }: PageRequest) => session?.preferences?.zone ?? web.zone

export const windowsPage = page({ path: PATH, access: 'operator' }, async (request) => {
  const windows = await request.web.store.windows.list()
  return settingsPage(request, {
    title: 'Maintenance and quiet hours',
    lead: 'In these times nothing is told. What began inside and is still open at the end is told then.',
    actions: html`<a class="button primary" href="${PATH}/new">Add a window</a>`,
    body:
      windows.length === 0
        ? html`<section class="empty"><h2>No windows</h2><p>Everything is told at any time. A window keeps quiet while you work on hosts, or at night.</p></section>`
        : windowsView(windows, request),
  })
})

export type WindowState = 'now' | 'over' | 'waiting'

/** Whether a window holds now, never again, or some time. */
export function windowState({ when }: Pick<Window, 'when'>, now: number): WindowState {
  if (windowEnd(when, now) !== null) return 'now'
  return when.kind === 'once' && when.to <= now ? 'over' : 'waiting'
}

const STATE_WORDS: Readonly<Record<WindowState, string>> = { now: 'Holds now', over: 'Over', waiting: '–' }

const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Hosts', breaks: true },
  { name: 'When' },
  { name: 'Now' },
]

function windowsView(windows: readonly Window[], request: PageRequest): Html {
  const rows = windows.map(({ id, name, host, when }) => {
    const state = windowState({ when }, request.now)
    const cells = [
      html`<a href="${PATH}/${id}">${name}</a>`,
      html`<code>${host}</code>`,
      describeWindow(when, zoneOf(request)),
      state === 'now' ? html`<b>${STATE_WORDS.now}</b>` : STATE_WORDS[state],
    ]
    return { cells, isSoft: state === 'over' }
  })
  return listTable(COLUMNS, rows)
}

type FormState = { readonly fields: WindowFields; readonly id: number | null; readonly problems?: Problems }

function windowForm(request: PageRequest, { fields, id, problems = {} }: FormState): Html {
  return settingsPage(request, {
    title: id === null ? 'Add a window' : fields.name || 'Window',
    parent: PARENT,
    body: html`<form class="form" method="post" action="${id === null ? PATH : `${PATH}/${id}`}">${csrfField(request.csrf)}${formProblem(problems)}
${windowFieldsView(fields, problems)}
<div class="form-end"><button class="primary" type="submit">${id === null ? 'Add' : 'Save'}</button><a class="button" href="${PATH}">Cancel</a>${id !== null && html`<a class="button danger-link" href="${PATH}/${id}/delete">Delete…</a>`}</div></form>`,
  })
}

export const newWindowPage = page({ path: `${PATH}/new`, access: 'operator' }, (request) =>
  windowForm(request, { fields: newWindow(request.now, zoneOf(request)), id: null }),
)

export const windowPage = page({ path: `${PATH}/:id`, access: 'operator' }, async (request) => {
  const window = await findWindow(request)
  return windowForm(request, { fields: fieldsOfWindow(window, request.now, zoneOf(request)), id: window.id })
})

async function saveWindow(request: PageRequest, id: number | null) {
  const { web, form, note } = request
  const fields = typedWindow(form)
  const checked = checkWindow(fields)
  if ('problems' in checked)
    return refuseForm(windowForm(request, { fields, id, problems: checked.problems }))
  const { window } = checked
  const isTaken =
    id === null
      ? (await web.store.windows.add(window)) === null
      : (await web.store.windows.update({ ...window, id })) === 'taken'
  if (isTaken) {
    const problems = { name: 'Another window has this name.' }
    return refuseForm(windowForm(request, { fields, id, problems }), 409)
  }
  note(`${window.name}: ${window.host}, ${describeWindow(window.when, web.zone)}`)
  return redirect(`${PATH}?done=${id === null ? 'added' : 'saved'}`)
}

export const addWindow = page(
  { path: PATH, method: 'POST', access: 'operator', does: 'add window' },
  (request) => saveWindow(request, null),
)

export const updateWindow = page(
  { path: `${PATH}/:id`, method: 'POST', access: 'operator', does: 'change window' },
  async (request) => saveWindow(request, (await findWindow(request)).id),
)

export const deleteWindowPage = page({ path: `${PATH}/:id/delete`, access: 'operator' }, async (request) => {
  const { id, name } = await findWindow(request)
  return confirmPage(request, {
    title: `Delete ${name}?`,
    parent: PARENT,
    question: html`Without <b>${name}</b>, what happens in its time is told at once.`,
    action: `${PATH}/${id}/delete`,
    back: `${PATH}/${id}`,
    word: 'Delete the window',
  })
})

export const deleteWindow = page(
  { path: `${PATH}/:id/delete`, method: 'POST', access: 'operator', does: 'delete window' },
  async (request) => {
    const { id, name } = await findWindow(request)
    await request.web.store.windows.delete(id)
    request.note(name)
    return redirect(`${PATH}?done=deleted`)
  },
)

async function findWindow({ params, web }: PageRequest): Promise<Window> {
  const window = await web.store.windows.find(readId(params.id))
  if (!window) throw notFound('window')
  return window
}
