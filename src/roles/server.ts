import type { CollectorAddress } from '../agent/sending/connect.ts'
import type { Trust } from '../agent/sending/tls-trust.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { isWithin, parseAddressRange } from '../lib/address-range.ts'
import { hashToken } from '../lib/hash-token.ts'
import type { ServiceRole } from '../service/paths.ts'
import type { Store } from '../storage/ports/store.ts'
import { startLocalAgent } from './agent.ts'
import { type CollectPorts, choosePassphrase, describePorts, startCollect } from './collect.ts'
import type { Command } from './command.ts'
import { watchDisk } from './disk-watch.ts'
import { startEvents } from './events.ts'
import { awaitConfiguredStore } from './open-store.ts'
import { type RoleContext, runRole } from './role.ts'
import { createFirstUser, expireInitialPassword, keepAgentKey } from './setup/first-start.ts'
import { createSecret } from './setup/password.ts'
import { readServerName } from './setup/server-name.ts'
import { nameForClients, prepareWeb, startWeb } from './web.ts'

/** Long enough to be redeemed at once. */
const OWN_CODE_SECONDS = 60

export type ServerOptions = {
  readonly collect: boolean
  readonly events: boolean
  readonly agent: boolean
  /** Writes to standard output. */
  readonly print: (text: string) => void
  /** The commands that the guide lists. */
  readonly commands: readonly Command[]
}

/** `monitor server`: website, collect engine and event engine in one process, and an agent when asked for. */
export function runServer(loaded: LoadedConfig, options: ServerOptions): Promise<never> {
  const { config } = loaded
  const parts: ServiceRole[] = [
    'server',
    ...(options.collect ? (['collect'] as const) : []),
    ...(options.events ? (['events'] as const) : []),
    ...(options.agent ? (['agent'] as const) : []),
  ]
  return runRole('server', { loaded, parts }, async (context) => {
    const store = await awaitConfiguredStore(config, context, { hasReadingThread: true })
    context.own('store', () => store.close())
    watchDisk(config, store, context)
    const certificate = await prepareWeb(config, store, context, options.print)
    await welcome(config, store, context, options.print)
    if (options.events) await startEvents(config, store, context)
    const collect = options.collect ? await startCollect(config, store, context, options.print) : null
    const ports = collect ?? describePorts(config)
    // A disk that is full may still take what a look at the database writes.
    const findTrouble = () => (collect?.isStorageAway() ? 'what agents send can not be stored' : null)
    const { commands } = options
    const url = await startWeb(config, store, context, { certificate, commands, agents: ports, findTrouble })
    if (options.agent) {
      const server = findOwnCollect(config, ports)
      if (choosePassphrase(config) === null || config.collect.newHosts === 'approve')
        await admitOwnAgent(config, store, context)
      await startLocalAgent(loaded, (wanted) => ({ server, passphrase: choosePassphrase(wanted) }), context)
    }
    options.print(`Open ${url}`)
  })
}

/** Where the passphrase alone lets no new agent in, that of this machine is enrolled by the server itself. */
async function admitOwnAgent(config: Config, { enrolment }: Store, { clock }: RoleContext): Promise<void> {
  const host = readServerName(config)
  const keyHash = hashToken(keepAgentKey(config.dataDir))
  if (await enrolment.isKeyOf([host], keyHash)) return
  const codeHash = hashToken(createSecret())
  const now = clock.now()
  const uses = 1
  const expires = now + OWN_CODE_SECONDS
  await enrolment.addCode({ codeHash, host, created: now, expires, uses, actor: 'this server' })
  await enrolment.redeem({ codeHash, host, keyHash, address: '', now })
}

/**
 * This machine's way to its own collect engine: the plain one where that is open to it, else TLS with the
 * fingerprint that we know.
 */
function findOwnCollect({ collect }: Config, ports: CollectPorts): CollectorAddress {
  const host = nameForClients(collect.address, '127.0.0.1')
  const ranges = collect.plainFrom.flatMap((range) => parseAddressRange(range) ?? [])
  if (ports.plain !== null && (ranges.length === 0 || isWithin(host, ranges)))
    return { host, port: ports.plain }
  if (ports.tls === null || ports.findFingerprint() === null)
    throw new Error('the agent of this server finds no way to the collect engine: open collect.tls_port')
  const trust: Trust = {
    /** Read for each connection: the certificate may have been renewed since. */
    get fingerprints() {
      const fingerprint = ports.findFingerprint()
      return fingerprint === null ? [] : [fingerprint]
    },
    authorities: [],
  }
  return { host, port: ports.tls, tls: trust }
}

/**
 * Says once where the password of the first user is. Under a service this goes to the journal, so it is never
 * shown itself.
 */
async function welcome(
  config: Config,
  store: Store,
  { clock, log }: RoleContext,
  print: (text: string) => void,
) {
  const first = await createFirstUser(store.users, config.dataDir, clock)
  if (first === null) {
    const user = await expireInitialPassword(store.users, config.dataDir)
    if (user !== null)
      log.warn('the first password was never changed: the next sign-in asks for another', { user })
    return
  }
  print(
    [
      'First start: the website has a user now.',
      `  user      ${first.name}`,
      `  password  in the file ${first.file}, until it is changed`,
    ].join('\n'),
  )
}
