/** @jsxImportSource #markup */
import { SEVERITY_NAMES } from '../../../../domain/event.ts'
import type { Rule } from '../../../../domain/notifications/rule.ts'
import { maskTarget, resolveTarget } from '../../../../domain/notifications/target.ts'
import { mayUse, redirect, route, type WebRequest } from '../../../http/route.ts'
import { capitalize, spokenMark } from '../../../ui/components.tsx'
import { writeDuration } from '../../../ui/duration.ts'
import { csrfField, formProblem, type Problems, refuseForm } from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../../ui/table.tsx'
import { type TestOutcome, testOutcome } from '../../../ui/test-outcome.tsx'
import { deletePages, findNamed, formEnd, saveNamed, storeNamed } from '../named-things.tsx'
import { settingsPage } from '../settings-layout.tsx'
import {
  checkRule,
  fieldsOfRule,
  meaningOf,
  NEW_RULE,
  RULE_OF_ALL,
  type RuleFields,
  ruleFieldsView,
  typedRule,
} from './rule-form.tsx'
import { previewView, type RulePreview, readPreview } from './rule-preview.tsx'

const PATH = '/settings/rules'
const PARENT = { path: PATH, title: 'Notification rules' }

export const rulesPage = route({ path: PATH, access: 'operator' }, async (request) => {
  const { web, csrf } = request
  const rules = await web.store.rules.list()
  const mayChange = mayUse(request, 'admin')
  return settingsPage(request, {
    title: 'Notification rules',
    lead: 'Who is notified of which events. Every notification is also a line in the log, whatever the rules say.',
    actions: mayChange ? (
      <a class="button primary" href={`${PATH}/new`}>
        Add a rule
      </a>
    ) : null,
    body: rules.length === 0 ? emptyView(mayChange) : rulesView(rules, mayChange, csrf),
  })
})

const emptyView = (mayChange: boolean) => (
  <section class="empty">
    <h2>No notification rules yet</h2>
    <p>
      Events open and close on this website only. A rule sends them by mail, to a chat or to a program of
      yours.
    </p>
    {mayChange ? (
      <p>
        <a class="button primary" href={`${PATH}/new`}>
          Add the first rule
        </a>
      </p>
    ) : (
      <p>An administrator can add one.</p>
    )}
  </section>
)

/** What a rule tells of, in words: `opening and closing, after 10m, again every 1h`. */
export function describeRule({ onOpening, onClosing, onSeverityChange, delay, repeat }: Rule): string {
  const kinds = [
    onOpening && 'opening',
    onSeverityChange && 'change of severity',
    onClosing && 'closing',
  ].filter(Boolean)
  const after = delay > 0 ? `, after ${writeDuration(delay)}` : ''
  const again = repeat === null ? '' : `, again every ${writeDuration(repeat)}`
  return `${kinds.join(', ')}${after}${again}`
}

const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Hosts', breaks: true },
  { name: 'Metrics', breaks: true },
  { name: 'Severities', className: 'marks' },
  { name: 'Notify on' },
  { name: 'Send to', breaks: true },
  { name: 'State' },
]

function rulesView(rules: readonly Rule[], mayChange: boolean, csrf: string): Html {
  const rows = rules.map((rule) => {
    const { id, name, host, metric, severities, channel, target, enabled } = rule
    const toggle = (
      <form method="post" action={`${PATH}/${id}/${enabled ? 'disable' : 'enable'}`}>
        {csrfField(csrf)}
        <button class="small" type="submit" aria-label={`${enabled ? 'Disable' : 'Enable'} ${name}`}>
          {enabled ? 'Disable' : 'Enable'}
        </button>
      </form>
    )
    const cells = [
      mayChange ? <a href={`${PATH}/${id}`}>{name}</a> : name,
      <code>{host}</code>,
      <code>{metric}</code>,
      severities.map((one) => <span title={capitalize(SEVERITY_NAMES[one])}>{spokenMark(one)}</span>),
      describeRule(rule),
      <>
        {channel} <span class="soft">{mayChange ? target : maskTarget(target)}</span>
      </>,
      <div class="row-actions">
        {enabled ? 'On' : 'Off'}
        {mayChange && toggle}
      </div>,
    ]
    return { cells, isSoft: !enabled }
  })
  return listTable(COLUMNS, rows)
}

type FormState = {
  readonly fields: RuleFields
  /** Null for a new one. */
  readonly id: number | null
  readonly problems?: Problems
  readonly test?: TestOutcome | null
  /** What it would have sent lately; null where that was not asked for. */
  readonly preview?: RulePreview | null
}

async function ruleForm(
  request: WebRequest,
  { fields, id, problems = {}, test, preview = null }: FormState,
): Promise<Html> {
  const { web, csrf } = request
  const targets = await web.store.targets.list()
  return settingsPage(request, {
    title: id === null ? 'Add a rule' : fields.name || 'Rule',
    parent: PARENT,
    body: (
      <div class="form-and-meaning">
        <form class="form" method="post" action={id === null ? PATH : `${PATH}/${id}`}>
          {csrfField(csrf)}
          {formProblem(problems)}
          {test && testOutcome(test)}
          {ruleFieldsView(fields, problems, web.notifier.channels, targets)}
          {formEnd(
            PATH,
            id,
            <>
              <button type="submit" formaction={`${PATH}/${id ?? 'new'}/preview`}>
                Preview
              </button>
              <button type="submit" formaction={`${PATH}/${id ?? 'new'}/test`}>
                Send a test message
              </button>
            </>,
          )}
        </form>
        {preview && previewView(preview)}
      </div>
    ),
  })
}

export const newRulePage = route({ path: `${PATH}/new`, access: 'admin' }, (request) =>
  showRule(request, NEW_RULE, null),
)

export const rulePage = route({ path: `${PATH}/:id`, access: 'admin' }, async (request) => {
  const rule = await findRule(request)
  return showRule(request, fieldsOfRule(rule), rule.id, rule)
})

/** The form with what the rule would have sent lately, as far as it says enough for that. */
async function showRule(
  request: WebRequest,
  fields: RuleFields,
  id: number | null,
  rule: Omit<Rule, 'id'> = RULE_OF_ALL,
) {
  return ruleForm(request, { fields, id, preview: await readPreview(rule, request) })
}

/** Shows what the form as it stands would have sent, and saves nothing. */
async function previewForm(request: WebRequest, id: number | null) {
  const { web, form } = request
  const fields = typedRule(form)
  const checked = checkRule(fields, web.notifier.channels, await web.store.targets.list())
  const { problems = {}, rule } =
    'problems' in checked ? { problems: checked.problems, rule: null } : { rule: checked.rule }
  // Its name, and where it sends to, decide nothing about what it sends.
  const others = Object.keys(problems).filter((field) => !WITHOUT_MEANING.includes(field))
  if (rule === null && others.length > 0) return refuseForm(await ruleForm(request, { fields, id, problems }))
  return showRule(request, fields, id, rule ?? meaningOf(fields))
}

/** Fields whose mistakes don't keep a rule from being previewed. */
const WITHOUT_MEANING = ['name', 'channel', 'target']

export const previewNewRule = route(
  { path: `${PATH}/new/preview`, method: 'POST', access: 'admin', isRead: true },
  (request) => previewForm(request, null),
)

export const previewOldRule = route(
  { path: `${PATH}/:id/preview`, method: 'POST', access: 'admin', isRead: true },
  async (request) => previewForm(request, (await findRule(request)).id),
)

export const addRule = route({ path: PATH, method: 'POST', access: 'admin', does: 'add rule' }, (request) =>
  saveRule(request, null),
)

export const updateRule = route(
  { path: `${PATH}/:id`, method: 'POST', access: 'admin', does: 'change rule' },
  async (request) => saveRule(request, (await findRule(request)).id),
)

async function saveRule(request: WebRequest, id: number | null) {
  const { web, form } = request
  const fields = typedRule(form)
  const checked = checkRule(fields, web.notifier.channels, await web.store.targets.list())
  return saveNamed({
    request,
    path: PATH,
    one: 'rule',
    id,
    checked: 'rule' in checked ? { draft: checked.rule } : checked,
    save: (draft) => storeNamed(web.store.rules, draft, id, (rule, at) => ({ ...rule, id: at })),
    show: (problems) => ruleForm(request, { fields, id, problems }),
    describe: ({ name, host, metric, channel, enabled }) =>
      `${name}: ${host} ${metric} by ${channel}, ${enabled ? 'on' : 'off'}`,
  })
}

/** Tries the form as it stands, saved or not. */
async function testRule(request: WebRequest, id: number | null) {
  const { web, form, note } = request
  const fields = typedRule(form)
  const targets = await web.store.targets.list()
  const checked = checkRule({ ...fields, name: fields.name || 'test' }, web.notifier.channels, targets)
  if ('problems' in checked)
    return refuseForm(await ruleForm(request, { fields, id, problems: checked.problems }))
  const { channel } = fields
  const test = await web.notifier.sendTest(channel, resolveTarget(fields, targets))
  note(`by ${channel}: ${test.isDelivered ? 'delivered' : 'rejected'}`)
  return ruleForm(request, { fields, id, test })
}

export const testNewRule = route(
  { path: `${PATH}/new/test`, method: 'POST', access: 'admin', does: 'send test message' },
  (request) => testRule(request, null),
)

export const testOldRule = route(
  { path: `${PATH}/:id/test`, method: 'POST', access: 'admin', does: 'send test message' },
  async (request) => testRule(request, (await findRule(request)).id),
)

const switchRule = (enabled: boolean) =>
  route(
    {
      path: `${PATH}/:id/${enabled ? 'enable' : 'disable'}`,
      method: 'POST',
      access: 'admin',
      does: enabled ? 'switch rule on' : 'switch rule off',
    },
    async (request) => {
      const rule = await findRule(request)
      await request.web.store.rules.update({ ...rule, enabled })
      request.note(rule.name)
      return redirect(PATH)
    },
  )

export const enableRule = switchRule(true)
export const disableRule = switchRule(false)

const deletion = deletePages<Rule>({
  path: PATH,
  parent: PARENT,
  access: 'admin',
  one: 'rule',
  find: (request) => findRule(request),
  question: ({ name }) => (
    <>
      The rule <b>{name}</b> sends nothing new from then on. What it has queued is still sent.
    </>
  ),
  remove: ({ web }, { id }) => web.store.rules.delete(id),
})
export const deleteRulePage = deletion.page
export const deleteRule = deletion.form

const findRule = (request: WebRequest) => findNamed(request, request.web.store.rules, 'rule')
