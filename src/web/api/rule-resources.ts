import { isSeverity, type Severity } from '../../domain/event.ts'
import { describeRule } from '../../domain/json-shapes.ts'
import type { Rule } from '../../domain/notifications/rule.ts'
import { findRuleErrors } from '../../domain/notifications/rule-check.ts'
import { enableRule } from '../changes/enable-rule.ts'
import { notFound, type Route, route, type WebRequest } from '../http/route.ts'
import { readBody } from './request-body.ts'
import { readId, resource } from './resource.ts'

const ALL: readonly Severity[] = [1, 2, 3, 4]

/** Rules, for administrators: targets may hold secrets. */
export const apiRules = resource<Rule>({
  path: '/api/v1/rules',
  one: 'rule',
  many: 'rules',
  read: 'admin',
  write: 'admin',
  store: ({ store }) => store.rules,
  describe: describeRule,
  parse: readRule,
  remove: ({ store }, id) => store.rules.delete(id),
})

const switchRule = (verb: 'enable' | 'disable') =>
  route(
    {
      path: `/api/v1/rules/:id/${verb}`,
      method: 'POST',
      access: 'admin',
      does: verb === 'enable' ? 'switch rule on' : 'switch rule off',
      doc: verb === 'enable' ? 'Switches a rule on.' : 'Switches a rule off: it stays, and notifies nobody.',
    },
    async ({ params, body, web, note }) => {
      readBody(body).finish()
      const changed = await enableRule(web, readId(params), verb === 'enable')
      if (!changed) throw notFound('rule')
      note(changed.name)
      return Response.json(describeRule(changed))
    },
  )

/** As the website's buttons. */
export const apiRuleSwitches: readonly Route[] = [switchRule('enable'), switchRule('disable')]

async function readRule({ body, web }: WebRequest): Promise<Omit<Rule, 'id'>> {
  const fields = readBody(body)
  const severities = fields.numbers('severities', ALL)
  const rule = {
    name: fields.text('name'),
    enabled: fields.flag('enabled', true),
    host: fields.text('host', '%'),
    metric: fields.text('metric', '%'),
    severities: severities.filter(isSeverity),
    onOpening: fields.flag('on_opening', true),
    onClosing: fields.flag('on_closing', true),
    onSeverityChange: fields.flag('on_severity_change', false),
    channel: fields.text('channel'),
    target: fields.text('target', ''),
    delay: fields.number('delay', 0),
    repeat: fields.numberOrNull('repeat'),
  }
  const fieldErrors = findRuleErrors(rule, web.notifier.channels, await web.store.targets.list())
  if (!severities.every(isSeverity))
    fieldErrors.push({ field: 'severities', expected: 'some of 1, 2, 3 and 4' })
  fields.finish(fieldErrors)
  return rule
}
