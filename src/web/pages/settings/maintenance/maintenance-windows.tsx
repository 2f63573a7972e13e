/** @jsxImportSource #markup */
import { MAX_HOST_NAME } from '../../../../domain/hosts/host.ts'
import { type MaintenanceWindow, maintenanceEnd } from '../../../../domain/time/maintenance-window.ts'
import { readText } from '../../../http/query-parameters.ts'
import { route, type WebRequest } from '../../../http/route.ts'
import { csrfField, formProblem, type Problems, refuseForm } from '../../../ui/form-fields.tsx'
import { zoneOf } from '../../../ui/local-time.ts'
import type { Html } from '../../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../../ui/table.tsx'
import { versionField } from '../edit-conflict.tsx'
import {
  deletePages,
  type FormConflict,
  findNamed,
  formEnd,
  saveNamed,
  storeNamed,
} from '../named-things.tsx'
import { settingsPage } from '../settings-layout.tsx'
import { maintenanceFieldsView } from './maintenance-fields.tsx'
import {
  checkMaintenanceWindow,
  describeMaintenance,
  fieldsOfMaintenanceWindow,
  type MaintenanceFields,
  newMaintenanceWindow,
  typedMaintenanceWindow,
} from './maintenance-form.ts'
import { maintenancePreviewView, readMaintenancePreview } from './maintenance-preview.tsx'

const PATH = '/settings/maintenance'
const PARENT = { path: PATH, title: 'Maintenance and quiet hours' }

export const maintenanceWindowsPage = route({ path: PATH, access: 'operator' }, async (request) => {
  const maintenanceWindows = await request.web.store.maintenanceWindows.list()
  return settingsPage(request, {
    title: 'Maintenance and quiet hours',
    lead: 'Notifications are held; what is still open at the end is sent then.',
    actions: (
      <a class="button primary" href={`${PATH}/new`}>
        Add a maintenance window
      </a>
    ),
    body:
      maintenanceWindows.length === 0 ? (
        <section class="empty">
          <h2>No maintenance windows</h2>
          <p>
            Notifications are sent at any time. A maintenance window holds them while you work on hosts, or at
            night.
          </p>
        </section>
      ) : (
        maintenanceWindowsView(maintenanceWindows, request)
      ),
  })
})

export type MaintenanceState = 'now' | 'over' | 'waiting'

/** Whether a window holds now, never again, or some time. */
export function maintenanceState({ when }: Pick<MaintenanceWindow, 'when'>, now: number): MaintenanceState {
  if (maintenanceEnd(when, now) !== null) return 'now'
  return when.kind === 'once' && when.to <= now ? 'over' : 'waiting'
}

const STATE_WORDS: Readonly<Record<MaintenanceState, string>> = {
  now: 'Active',
  over: 'Ended',
  waiting: 'Scheduled',
}

const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Hosts', breaks: true },
  { name: 'When' },
  { name: 'State' },
]

function maintenanceWindowsView(maintenanceWindows: readonly MaintenanceWindow[], request: WebRequest): Html {
  const rows = maintenanceWindows.map(({ id, name, host, when }) => {
    const state = maintenanceState({ when }, request.now)
    const cells = [
      <a href={`${PATH}/${id}`}>{name}</a>,
      <code>{host}</code>,
      describeMaintenance(when, zoneOf(request)),
      state === 'now' ? <b>{STATE_WORDS.now}</b> : STATE_WORDS[state],
    ]
    return { cells, isSoft: state === 'over' }
  })
  return listTable(COLUMNS, rows)
}

type WindowFormState = {
  readonly fields: MaintenanceFields
  readonly id: number | null
  readonly problems?: Problems
  /** The stored window that the fields are filled from. */
  readonly stored?: MaintenanceWindow
  readonly conflict?: FormConflict<MaintenanceWindow> | undefined
}

/** The form, with what it means beside it as far as its fields are right. */
async function maintenanceForm(
  request: WebRequest,
  { fields, id, problems = {}, stored, conflict }: WindowFormState,
): Promise<Html> {
  // Its name decides nothing about what it covers.
  const checked = checkMaintenanceWindow({ ...fields, name: 'preview' })
  const preview = 'window' in checked ? await readMaintenancePreview(checked.window, request) : null
  return settingsPage(request, {
    title: id === null ? 'Add a maintenance window' : fields.name || 'Maintenance window',
    parent: PARENT,
    body: (
      <div class="form-and-meaning">
        <form class="form" method="post" action={id === null ? PATH : `${PATH}/${id}`}>
          {csrfField(request.csrf)}
          {versionField(request, stored ?? conflict?.stored ?? null)}
          {conflict?.words}
          {formProblem(problems)}
          {maintenanceFieldsView(fields, problems)}
          {formEnd(
            PATH,
            id,
            <button type="submit" formaction={`${PATH}/${id ?? 'new'}/preview`}>
              Preview
            </button>,
          )}
        </form>
        {preview && maintenancePreviewView(preview)}
      </div>
    ),
  })
}

export const newMaintenancePage = route({ path: `${PATH}/new`, access: 'operator' }, (request) =>
  maintenanceForm(request, {
    fields: {
      ...newMaintenanceWindow(request.now, zoneOf(request)),
      // Links of a host fill in its name.
      host: readText(request.url, 'host', MAX_HOST_NAME) ?? '*',
    },
    id: null,
  }),
)

export const maintenancePage = route({ path: `${PATH}/:id`, access: 'operator' }, async (request) => {
  const window = await findMaintenanceWindow(request)
  return maintenanceForm(request, {
    fields: fieldsOfMaintenanceWindow(window, request.now, zoneOf(request)),
    id: window.id,
    stored: window,
  })
})

/** Shows what the form as it stands covers, and saves nothing. */
async function previewForm(request: WebRequest, id: number | null) {
  const fields = typedMaintenanceWindow(request.form)
  const checked = checkMaintenanceWindow({ ...fields, name: fields.name || 'preview' })
  if ('problems' in checked)
    return refuseForm(await maintenanceForm(request, { fields, id, problems: checked.problems }))
  return maintenanceForm(request, { fields, id })
}

export const previewNewMaintenance = route(
  { path: `${PATH}/new/preview`, method: 'POST', access: 'operator', isRead: true },
  (request) => previewForm(request, null),
)

export const previewOldMaintenance = route(
  { path: `${PATH}/:id/preview`, method: 'POST', access: 'operator', isRead: true },
  async (request) => previewForm(request, (await findMaintenanceWindow(request)).id),
)

async function saveMaintenanceWindow(request: WebRequest, id: number | null) {
  const { web, form } = request
  const fields = typedMaintenanceWindow(form)
  const checked = checkMaintenanceWindow(fields)
  return saveNamed({
    request,
    path: PATH,
    one: 'maintenance window',
    id,
    checked: 'window' in checked ? { draft: checked.window } : checked,
    save: (draft) =>
      storeNamed(request, web.store.maintenanceWindows, {
        draft,
        id,
        join: (window, at) => ({ ...window, id: at }),
      }),
    show: (problems, conflict) => maintenanceForm(request, { fields, id, problems, conflict }),
    find: (at) => web.store.maintenanceWindows.find(at),
    inWords: ({ name, host, when }) => ({
      Name: name,
      Hosts: host,
      When: describeMaintenance(when, zoneOf(request)),
    }),
    describe: ({ name, host, when }) => `${name}: ${host}, ${describeMaintenance(when, web.zone)}`,
  })
}

export const addMaintenanceWindow = route(
  { path: PATH, method: 'POST', access: 'operator', does: 'add maintenance window' },
  (request) => saveMaintenanceWindow(request, null),
)

export const updateMaintenanceWindow = route(
  { path: `${PATH}/:id`, method: 'POST', access: 'operator', does: 'change maintenance window' },
  async (request) => saveMaintenanceWindow(request, (await findMaintenanceWindow(request)).id),
)

const deletion = deletePages<MaintenanceWindow>({
  path: PATH,
  parent: PARENT,
  access: 'operator',
  one: 'maintenance window',
  find: (request) => findMaintenanceWindow(request),
  question: ({ name }) => (
    <>
      Notifications of the hosts of <b>{name}</b> are sent at any time again. Its past maintenance no longer
      appears in state strips, graphs and availability. To keep the past, let the window end instead.
    </>
  ),
  remove: ({ web }, { id }) => web.store.maintenanceWindows.delete(id),
})
export const deleteMaintenancePage = deletion.page
export const deleteMaintenanceWindow = deletion.form

const findMaintenanceWindow = (request: WebRequest) =>
  findNamed(request, request.web.store.maintenanceWindows, 'maintenance window')
