/** @jsxImportSource #markup */
import { findTargetErrors, MAX_ADDRESS } from '../../../domain/notifications/rule-check.ts'
import { maskTarget, type Target } from '../../../domain/notifications/target.ts'
import { mayUse, route, type WebRequest } from '../../http/route.ts'
import { capitalize } from '../../ui/components.tsx'
import {
  choiceField,
  csrfField,
  formProblem,
  type Problems,
  placeErrors,
  refuseForm,
  textField,
} from '../../ui/form-fields.tsx'
import type { Html } from '../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../ui/table.tsx'
import { type TestOutcome, testOutcome } from '../../ui/test-outcome.tsx'
import { versionField } from './edit-conflict.tsx'
import {
  deletePages,
  type FormConflict,
  findNamed,
  formEnd,
  nameField,
  saveNamed,
  storeNamed,
} from './named-things.tsx'
import { channelChoices, targetHints } from './rules/rule-form.tsx'
import { settingsPage } from './settings-layout.tsx'
import { targetUse } from './target-use.tsx'

const PATH = '/settings/targets'
const PARENT = { path: PATH, title: 'Targets' }

type TargetFields = Omit<Target, 'id'>

const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Channel' },
  { name: 'Address', breaks: true },
  { name: 'Test', isPlain: true, isNumber: true },
]

export const targetsPage = route({ path: PATH, access: 'operator' }, (request) => listView(request, null))

async function listView(
  request: WebRequest,
  tested: { readonly name: string; readonly test: TestOutcome } | null,
): Promise<Html> {
  const { web, csrf } = request
  const targets = await web.store.targets.list()
  const mayChange = mayUse(request, 'admin')
  const rows = targets.map(({ id, name, channel, address }) => ({
    cells: [
      mayChange ? <a href={`${PATH}/${id}`}>{name}</a> : name,
      channel,
      mayChange ? address : maskTarget(address),
      mayChange && (
        <form method="post" action={`${PATH}/${id}/test`}>
          {csrfField(csrf)}
          <button class="small" type="submit" aria-label={`Send a test message to ${name}`}>
            Send a test
          </button>
        </form>
      ),
    ],
  }))
  const channels = web.notifier.channels
  return settingsPage(request, {
    title: 'Targets',
    lead: 'Named addresses for rules: a rule says “on call”, and only the target knows who that is.',
    actions: mayChange ? (
      <a class="button primary" href={`${PATH}/new`}>
        Add a target
      </a>
    ) : null,
    body: (
      <>
        {tested && (
          <>
            <p class="visually-hidden">{tested.name}</p>
            {testOutcome(tested.test)}
          </>
        )}
        {rows.length === 0 ? (
          <section class="empty">
            <h2>No targets yet</h2>
            <p>Rules can contain an address themselves. A target keeps it in one place and can be tested.</p>
          </section>
        ) : (
          listTable(COLUMNS, rows)
        )}
        <section class="section">
          <h2>Channels</h2>
          <dl class="words">
            {channels.map(({ name, doc, targetDoc, describeMissing }) => (
              <div>
                <dt>{name}</dt>
                <dd>
                  {doc} <span class="soft">Target: {targetDoc}.</span>
                  {missingNote(describeMissing?.() ?? null)}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      </>
    ),
  })
}

/** A channel that nobody uses may well be without settings: this is no error. */
const missingNote = (missing: string | null): Html | null =>
  missing === null ? null : <p class="hint-text">{capitalize(missing)}.</p>

type TargetFormState = {
  readonly fields: TargetFields
  readonly id: number | null
  readonly problems?: Problems
  readonly test?: TestOutcome
  /** The stored target that the fields are filled from. */
  readonly stored?: Target
  readonly conflict?: FormConflict<Target> | undefined
}

async function targetForm(
  request: WebRequest,
  { fields, id, problems = {}, test, stored, conflict }: TargetFormState,
): Promise<Html> {
  const { store, notifier } = request.web
  const { channels } = notifier
  // Rules know a target by the name under which it is stored, whatever is typed.
  const known = id === null ? null : await store.targets.find(id)
  return settingsPage(request, {
    title: id === null ? 'Add a target' : fields.name || 'Target',
    parent: PARENT,
    body: (
      <div class="form-and-meaning">
        <form class="form" method="post" action={id === null ? PATH : `${PATH}/${id}`}>
          {csrfField(request.csrf)}
          {versionField(request, stored ?? conflict?.stored ?? null)}
          {conflict?.words}
          {formProblem(problems)}
          {test && testOutcome(test)}
          {nameField(fields.name, problems.name)}
          {choiceField({
            name: 'channel',
            label: 'Channel',
            value: fields.channel,
            choices: channelChoices(channels),
            shows: true,
            problem: problems.channel,
          })}
          {textField({
            name: 'address',
            label: 'Address',
            value: fields.address,
            maxLength: MAX_ADDRESS,
            problem: problems.address,
          })}
          {targetHints(channels)}
          {formEnd(
            PATH,
            id,
            <button type="submit" formaction={`${PATH}/${id ?? 'new'}/try`}>
              Send a test message
            </button>,
          )}
        </form>
        {known !== null && targetUse(await store.rules.list(), known)}
      </div>
    ),
  })
}

export const newTargetPage = route({ path: `${PATH}/new`, access: 'admin' }, (request) =>
  targetForm(request, { fields: { name: '', channel: 'mail', address: '' }, id: null }),
)

export const targetPage = route({ path: `${PATH}/:id`, access: 'admin' }, async (request) => {
  const stored = await findTarget(request)
  const { id, ...fields } = stored
  return targetForm(request, { fields, id, stored })
})

function typed(form: URLSearchParams): TargetFields {
  const text = (name: string) => (form.get(name) ?? '').trim()
  return { name: text('name'), channel: text('channel'), address: text('address') }
}

const check = ({ web }: WebRequest, fields: TargetFields): Problems =>
  placeErrors(findTargetErrors(fields, web.notifier.channels))

async function saveTarget(request: WebRequest, id: number | null) {
  const fields = typed(request.form)
  const problems = check(request, fields)
  return saveNamed({
    request,
    path: PATH,
    one: 'target',
    id,
    checked: Object.keys(problems).length > 0 ? { problems } : { draft: fields },
    save: (draft) =>
      storeNamed(request, request.web.store.targets, {
        draft,
        id,
        join: (target, at) => ({ ...target, id: at }),
      }),
    show: (wrong, conflict) => targetForm(request, { fields, id, problems: wrong, conflict }),
    find: (at) => request.web.store.targets.find(at),
    inWords: ({ name, channel, address }) => ({ Name: name, Channel: channel, Address: address }),
    describe: ({ name, channel, address }) => `${name}: ${channel} ${maskTarget(address)}`,
  })
}

export const addTarget = route(
  { path: PATH, method: 'POST', access: 'admin', does: 'add target' },
  (request) => saveTarget(request, null),
)

export const updateTarget = route(
  { path: `${PATH}/:id`, method: 'POST', access: 'admin', does: 'change target' },
  async (request) => saveTarget(request, (await findTarget(request)).id),
)

async function tryForm(request: WebRequest, id: number | null) {
  const fields = typed(request.form)
  const problems = check(request, { ...fields, name: fields.name || 'test' })
  if (Object.keys(problems).length > 0) return refuseForm(await targetForm(request, { fields, id, problems }))
  const test = await request.web.notifier.sendTest(fields.channel, fields.address)
  request.note(`by ${fields.channel}: ${test.isDelivered ? 'delivered' : 'rejected'}`)
  return targetForm(request, { fields, id, test })
}

export const tryNewTarget = route(
  { path: `${PATH}/new/try`, method: 'POST', access: 'admin', does: 'send test message' },
  (request) => tryForm(request, null),
)

export const tryTarget = route(
  { path: `${PATH}/:id/try`, method: 'POST', access: 'admin', does: 'send test message' },
  async (request) => tryForm(request, (await findTarget(request)).id),
)

export const testTarget = route(
  { path: `${PATH}/:id/test`, method: 'POST', access: 'admin', does: 'send test message' },
  async (request) => {
    const { name, channel, address } = await findTarget(request)
    const test = await request.web.notifier.sendTest(channel, address)
    request.note(`${name}: ${test.isDelivered ? 'delivered' : 'rejected'}`)
    return listView(request, { name, test })
  },
)

const deletion = deletePages<Target>({
  path: PATH,
  parent: PARENT,
  access: 'admin',
  one: 'target',
  find: (request) => findTarget(request),
  question: ({ name }) => (
    <>
      No rule can send to <b>{name}</b> any more. A target that a rule still uses can't be deleted.
    </>
  ),
  async remove(request, { id, ...fields }) {
    const result = await request.web.store.targets.delete(id)
    if (result !== 'used') return result === 'deleted'
    const problems = { form: 'A rule still sends to this target. Change or delete that rule first.' }
    return refuseForm(await targetForm(request, { fields, id, problems }), 409)
  },
})
export const deleteTargetPage = deletion.page
export const deleteTarget = deletion.form

const findTarget = (request: WebRequest) => findNamed(request, request.web.store.targets, 'target')
