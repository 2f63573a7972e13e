import { expect, test } from 'bun:test'
import { loadConfig } from '../../src/config/load.ts'
import { COMPOSE } from '../../src/web/pages/settings/guide/guide-container.tsx'
import { aMachine } from './machine.ts'

type Service = {
  readonly command: string
  readonly environment: Record<string, string>
  readonly volumes: string[]
}

const { services } = Bun.YAML.parse(COMPOSE) as { services: Record<string, Service> }

for (const [name, { command, environment }] of Object.entries(services))
  test(`the compose file of the guide: the settings of ${name} are sound`, () => {
    const env = { ...environment }
    if (env.MONITOR_AGENT_FINGERPRINT !== undefined) env.MONITOR_AGENT_FINGERPRINT = 'ab'.repeat(32)
    const { config } = loadConfig(
      { role: command === 'agent' ? 'agent' : 'server' },
      aMachine({ '/run/secrets/passphrase': 'a passphrase\n' }, env),
    )
    if (command === 'agent')
      expect(config.agent).toMatchObject({ hostRoot: '/host', passphrase: 'a passphrase' })
    else expect(config.web.tls).toBe(true)
  })

test('the compose file of the guide: the root of the machine is where the agent looks for it', () =>
  expect(services.agent?.volumes).toContain('/:/host:ro,rslave'))
