/** @jsxImportSource #markup */
import { SEVERITY_NAMES } from '../../../../domain/event.ts'
import type { Rule } from '../../../../domain/notifications/rule.ts'
import { resolveTarget } from '../../../../domain/notifications/target.ts'
import { enableRule as setEnabled } from '../../../changes/enable-rule.ts'
import { notFound, redirect, route, type WebRequest } from '../../../http/route.ts'
import { csrfField, formProblem, type Problems, refuseForm } from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { type TestOutcome, testOutcome } from '../../../ui/test-outcome.tsx'
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
import { describeRule, RULES_PATH } from './rule-list.tsx'
import { previewView, type RulePreview, readPreview } from './rule-preview.tsx'

const PATH = RULES_PATH
const PARENT = { path: PATH, title: 'Notification rules' }

type RuleFormState = {
  readonly fields: RuleFields
  /** Null for a new one. */
  readonly id: number | null
  readonly problems?: Problems
  readonly test?: TestOutcome | null
  /** The notifications that it would have sent lately; null when they were not requested. */
  readonly preview?: RulePreview | null
  /** The stored rule that the fields are filled from. */
  readonly stored?: Rule | null
  readonly conflict?: FormConflict<Rule> | undefined
}

async function ruleForm(
  request: WebRequest,
  { fields, id, problems = {}, test, preview = null, stored, conflict }: RuleFormState,
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
          {versionField(request, stored ?? conflict?.stored ?? null)}
          {conflict?.words}
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
  showRule(request, { fields: NEW_RULE, id: null }, RULE_OF_ALL),
)

export const rulePage = route({ path: `${PATH}/:id`, access: 'admin' }, async (request) => {
  const rule = await findRule(request)
  return showRule(request, { fields: fieldsOfRule(rule), id: rule.id, stored: rule }, rule)
})

/** The form with the notifications that the rule would have sent lately. */
async function showRule(request: WebRequest, state: RuleFormState, rule: Omit<Rule, 'id'>) {
  return ruleForm(request, { ...state, preview: await readPreview(rule, request) })
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
  return showRule(request, { fields, id }, rule ?? meaningOf(fields))
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
    save: (draft) =>
      storeNamed(request, web.store.rules, { draft, id, join: (rule, at) => ({ ...rule, id: at }) }),
    show: (problems, conflict) => ruleForm(request, { fields, id, problems, conflict }),
    find: (at) => web.store.rules.find(at),
    inWords,
    describe: ({ name, host, metric, channel, enabled }) =>
      `${name}: ${host} ${metric} by ${channel}, ${enabled ? 'on' : 'off'}`,
  })
}

const inWords = (rule: Omit<Rule, 'id'>) => ({
  Name: rule.name,
  Enabled: rule.enabled ? 'yes' : 'no',
  Hosts: rule.host,
  Metrics: rule.metric,
  Severities: rule.severities.map((one) => SEVERITY_NAMES[one]).join(', '),
  'Notify on': describeRule(rule),
  'Send to': `${rule.channel} ${rule.target}`,
})

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
      const { id } = await findRule(request)
      const rule = await setEnabled(request.web, id, enabled)
      if (!rule) throw notFound('rule')
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
