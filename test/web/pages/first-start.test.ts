import { expect, test } from 'bun:test'
import { NO_SITE_INFO, type SiteInfo } from '../../../src/web/http/site-info.ts'
import { firstStart } from '../../../src/web/pages/home/first-start.tsx'

const advise = (about: Partial<SiteInfo>) =>
  String(firstStart({ findAgentDoor: () => null, about: { ...NO_SITE_INFO, ...about } }, true))

test('a server that a person started is to be started with an agent', () => {
  expect(advise({})).toContain('<code>monitor server --agent</code>')
})

test('a service is given its agent by the words that change services, and goes on as one', () => {
  const text = advise({ isService: true })
  expect(text).toContain('monitor service install server --agent\nmonitor service restart server')
  expect(text).not.toContain('<code>monitor server --agent')
})
