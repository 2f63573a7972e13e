import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import { COMPOSE, STEPS } from '../../src/web/pages/settings/guide/guide-container.tsx'
import { aMachine } from './machine.ts'

type Service = {
  readonly command: string
  readonly environment: Record<string, string>
  readonly volumes: string[]
  readonly ports?: string[]
}

type Compose = {
  readonly services: Record<string, Service>
  readonly volumes: Record<string, unknown>
  readonly secrets: { readonly passphrase: { readonly file: string } }
}

const { services, volumes, secrets } = Bun.YAML.parse(COMPOSE) as Compose

/** The words behind an instruction of the image. */
const said = (instruction: string) =>
  new RegExp(`^${instruction} (.*)$`, 'm').exec(
    readFileSync(join(import.meta.dir, '..', '..', '.ci', 'Containerfile'), 'utf8'),
  )?.[1] ?? ''

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

test('the compose file of the guide: ports, volumes and account are those of the image', () => {
  const inside = (services.server?.ports ?? []).map((pair) => pair.split(':')[1])
  expect(said('EXPOSE').split(' ')).toEqual(expect.arrayContaining(inside))
  for (const { volumes: used } of Object.values(services)) {
    const [name = '', place = ''] = used.find((one) => !one.startsWith('/'))?.split(':') ?? []
    expect(place).toBe(said('VOLUME'))
    expect(Object.keys(volumes)).toContain(name)
  }
  // What is copied and given to the account is the file that the agent is handed.
  const [account = ''] = said('USER').split(':')
  expect(STEPS).toContain(`:${said('VOLUME')}/passphrase ${secrets.passphrase.file.replace('./', '')}`)
  expect(STEPS).toContain(`chown ${account} ${secrets.passphrase.file.replace('./', '')}`)
})
