import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { readMachine } from '../platform/machine.ts'
import { openProcFs } from '../platform/proc.ts'
import type { Store } from '../storage/store.ts'
import { startWebsite } from '../web/app.ts'
import { startLocalAgent } from './agent.ts'
import { choosePassphrase, startCollect } from './collect.ts'
import { startEvents } from './events.ts'
import { createFirstUser, forgetInitialPassword } from './first-start.ts'
import { openConfiguredStore } from './open-store.ts'
import { type RoleContext, runRole } from './role.ts'
import { VERSION } from './version.ts'

export type ServerOptions = {
  readonly collect: boolean
  readonly events: boolean
  readonly agent: boolean
  /** Writes to standard output. */
  readonly print: (text: string) => void
}

/** `monitor server`: website, collect engine and event engine in one process, and an agent when asked for. */
export function runServer({ config }: LoadedConfig, options: ServerOptions): Promise<never> {
  return runRole('server', config.log, async (context) => {
    const store = await openConfiguredStore(config, context.clock, context.log)
    context.own('store', () => store.close())
    await welcome(config, store, context, options.print)
    if (options.events) await startEvents(config, store, context)
    const collectPort = options.collect ? await startCollect(config, store, context) : config.collect.port
    const port = await startWeb(config, store, context)
    if (options.agent) {
      const host = nameForClients(config.collect.address, '127.0.0.1')
      await startLocalAgent(config, { host, port: collectPort }, choosePassphrase(config), context)
    }
    const host = nameForClients(config.web.address, 'localhost')
    options.print(`Open http://${host.includes(':') ? `[${host}]` : host}:${port}/`)
  })
}

/** Tells the password of the first user, once. */
async function welcome(config: Config, store: Store, { clock }: RoleContext, print: (text: string) => void) {
  const first = await createFirstUser(store.users, config.dataDir, clock)
  if (first === null) return
  print(
    [
      'First start: the website has a user now.',
      `  user      ${first.name}`,
      `  password  ${first.password}`,
      `It is kept in ${first.file} until it is changed.`,
    ].join('\n'),
  )
}

async function startWeb(config: Config, store: Store, { clock, log, own }: RoleContext): Promise<number> {
  const { address, port, sessionExpiry } = config.web
  const website = await startWebsite({
    address,
    port,
    sessionExpiry,
    silence: config.events.availabilityCheck,
    serverName: config.agent.name ?? readMachine(openProcFs()).name,
    version: VERSION,
    store,
    clock,
    log,
    onPasswordChanged: (user) => forgetInitialPassword(config.dataDir, user),
  })
  own('website', () => website.stop())
  log.info('listening', { role: 'web', address, port: website.port })
  return website.port
}

/** Who listens everywhere is reached from here under `here`. */
function nameForClients(address: string, here: string): string {
  return address === '0.0.0.0' || address === '::' ? here : address
}
