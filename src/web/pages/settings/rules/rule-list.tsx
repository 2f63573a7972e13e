/** @jsxImportSource #markup */
import { SEVERITY_NAMES } from '../../../../domain/event.ts'
import type { Rule } from '../../../../domain/notifications/rule.ts'
import { maskTarget } from '../../../../domain/notifications/target.ts'
import { mayUse, route, type WebRequest } from '../../../http/route.ts'
import { capitalize, spokenMark } from '../../../ui/components.tsx'
import { writeDuration } from '../../../ui/duration.ts'
import { csrfField } from '../../../ui/form-fields.tsx'
import type { Html } from '../../../ui/markup/html.ts'
import { type ListColumn, listTable } from '../../../ui/table.tsx'
import { settingsPage } from '../settings-layout.tsx'

export const RULES_PATH = '/settings/rules'

export const rulesPage = route({ path: RULES_PATH, access: 'operator' }, async (request) => {
  const { web } = request
  const rules = await web.store.rules.list()
  const mayChange = mayUse(request, 'admin')
  return settingsPage(request, {
    title: 'Notification rules',
    lead: 'Who is notified of which events. Every notification is also a line in the log, whatever the rules say.',
    actions: mayChange ? (
      <a class="button primary" href={`${RULES_PATH}/new`}>
        Add a rule
      </a>
    ) : null,
    body: rules.length === 0 ? emptyView(mayChange) : rulesView(rules, mayChange, request),
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
        <a class="button primary" href={`${RULES_PATH}/new`}>
          Add the first rule
        </a>
      </p>
    ) : (
      <p>An administrator can add one.</p>
    )}
  </section>
)

/** The notifications of a rule in words: `opening and closing, after 10m, again every 1h`. */
export function describeRule({
  onOpening,
  onClosing,
  onSeverityChange,
  delay,
  repeat,
}: Omit<Rule, 'id'>): string {
  const kinds = [
    onOpening && 'opening',
    onSeverityChange && 'change of severity',
    onClosing && 'closing',
  ].filter(Boolean)
  const after = delay > 0 ? `, after ${writeDuration(delay)}` : ''
  const again = repeat === null ? '' : `, again every ${writeDuration(repeat)}`
  return `${kinds.join(', ')}${after}${again}`
}

/** A note that nothing can be sent, with the setting that is missing. */
export const notSetUp = (missing: string | null): Html | null =>
  missing === null ? null : <p class="field-problem">{capitalize(missing)}.</p>

const COLUMNS: readonly ListColumn[] = [
  { name: 'Name', breaks: true },
  { name: 'Hosts', breaks: true },
  { name: 'Metrics', breaks: true },
  { name: 'Severities', className: 'marks' },
  { name: 'Notify on' },
  { name: 'Send to', breaks: true },
  { name: 'State' },
]

function rulesView(rules: readonly Rule[], mayChange: boolean, { csrf, web }: WebRequest): Html {
  const missing = new Map(
    web.notifier.channels.flatMap(({ name, describeMissing }) => {
      const words = describeMissing?.() ?? null
      return words === null ? [] : [[name, words] as const]
    }),
  )
  const rows = rules.map((rule) => {
    const { id, name, host, metric, severities, channel, target, enabled } = rule
    const toggle = (
      <form method="post" action={`${RULES_PATH}/${id}/${enabled ? 'disable' : 'enable'}`}>
        {csrfField(csrf)}
        <button class="small" type="submit" aria-label={`${enabled ? 'Disable' : 'Enable'} ${name}`}>
          {enabled ? 'Disable' : 'Enable'}
        </button>
      </form>
    )
    const cells = [
      mayChange ? <a href={`${RULES_PATH}/${id}`}>{name}</a> : name,
      <code>{host}</code>,
      <code>{metric}</code>,
      severities.map((one) => <span title={capitalize(SEVERITY_NAMES[one])}>{spokenMark(one)}</span>),
      describeRule(rule),
      <>
        {channel} <span class="soft">{mayChange ? target : maskTarget(target)}</span>
        {enabled && missing.has(channel) && (
          <p class="field-problem" title={missing.get(channel)}>
            not set up
          </p>
        )}
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
