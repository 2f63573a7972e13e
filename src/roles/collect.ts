import { fitConnections } from '../collect/connection/connection-limits.ts'
import { type CollectEngine, startCollectEngine } from '../collect/engine.ts'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { NO_PASSPHRASE } from '../domain/users/passphrase.ts'
import { parseAddressRange } from '../lib/address-range.ts'
import { readDescriptorLimit } from '../platform/sockets/own-sockets.ts'
import type { Store } from '../storage/ports/store.ts'
import { watchDisk } from './disk-watch.ts'
import { watchGrowth } from './growth-watch.ts'
import { awaitConfiguredStore, describeIngestPolicy } from './open-store.ts'
import { type RoleContext, runRole } from './role.ts'
import { findCertificate, openCertificate } from './setup/certificate.ts'
import { keepPassphrase } from './setup/first-start.ts'

/** Where agents find the collect engine; null where it does not listen. */
export type CollectPorts = {
  readonly plain: number | null
  readonly tls: number | null
  /** Of the certificate that it shows now; null when there is none, or none that can be read. */
  readonly findFingerprint: () => string | null
}

export type RunningCollect = CollectPorts & Pick<CollectEngine, 'isStorageAway'>

/** `monitor collect`: the collect engine alone. */
export function runCollect(loaded: LoadedConfig, print: (text: string) => void): Promise<never> {
  const { config } = loaded
  return runRole('collect', { loaded, parts: ['collect'] }, async (context) => {
    const store = await awaitConfiguredStore(config, context)
    context.own('store', () => store.close())
    watchDisk(config, store, context)
    await startCollect(config, store, context, print)
  })
}

/**
 * The passphrases of agents: from the configuration, otherwise the one that this server made at its first
 * start. Null when no passphrase lets an agent in, because only keys and enrolment codes do.
 */
export function choosePassphrase(config: Config): string | null {
  const { passphrase } = config.collect
  return passphrase === NO_PASSPHRASE ? null : (passphrase ?? keepPassphrase(config.dataDir))
}

/** All that let agents in; none when `collect.passphrase` is "off". */
function listPassphrases(config: Config): string[] {
  const passphrase = choosePassphrase(config)
  return passphrase === null ? [] : [passphrase, config.collect.passphrasePrevious ?? []].flat()
}

/** Where a collect engine of this configuration listens that runs in a process of its own. */
export function describePorts(config: Config): CollectPorts {
  const { port, tlsPort } = config.collect
  return {
    plain: portOrNull(port),
    tls: portOrNull(tlsPort),
    findFingerprint() {
      try {
        return findCertificate('collect', config)?.fingerprint ?? null
      } catch {
        // The process that presents the certificate reports it.
        return null
      }
    },
  }
}

/** Resolves with where it listens. */
export async function startCollect(
  config: Config,
  store: Store,
  context: RoleContext,
  print: (text: string) => void,
): Promise<RunningCollect> {
  const { clock, log } = context
  const { address, port, tlsPort, plainFrom, csvAgents, trustedProxies } = config.collect
  if (port === 'off' && tlsPort === 'off')
    throw new ConfigError([
      { where: 'configuration', key: 'collect.port', expected: 'expected collect.port or collect.tls_port' },
    ])
  const { setMinFree, ...growth } = watchGrowth(config, store, context)
  const certificate = await openCertificate('collect', config, context, print)
  const engine = await startCollectEngine({
    address,
    port: portOrNull(port),
    plainFrom: plainFrom.flatMap((range) => parseAddressRange(range) ?? []),
    csvAgents,
    trustedProxies: trustedProxies.flatMap((range) => parseAddressRange(range) ?? []),
    tls: { ...certificate, port: portOrNull(tlsPort) },
    passphrases: listPassphrases(config),
    store: store.ingest,
    dataAudit: store.dataAudit,
    admission: store.enrolment,
    ...growth,
    limits: fitConnections(readDescriptorLimit()),
    clock,
    log,
  })
  context.own('collect', () => engine.stop())
  if (engine.port !== null) log.info('listening', { role: 'collect', address, port: engine.port })
  let { fingerprint } = certificate
  if (engine.tlsPort !== null)
    log.info('listening', { role: 'collect_tls', address, fingerprint, port: engine.tlsPort })
  context.onReload({
    part: 'collect: certificate',
    keys: ['collect.tls_certificate', 'collect.tls_key'],
    always: true,
    act(wanted) {
      const renewed = findCertificate('collect', wanted)
      if (renewed === null) throw new Error('the certificate is gone')
      engine.renewTls(renewed)
      log.info('reloaded the certificate', { role: 'collect_tls', fingerprint: renewed.fingerprint })
      fingerprint = renewed.fingerprint
    },
  })
  context.onReload({
    part: 'collect: passphrases',
    keys: ['collect.passphrase', 'collect.passphrase_previous'],
    act: (wanted) => engine.renewPassphrases(listPassphrases(wanted)),
  })
  context.onReload({
    part: 'collect: bounds on growth',
    keys: BOUNDS_ON_GROWTH,
    act(wanted) {
      store.ingest.setPolicy(describeIngestPolicy(wanted))
      setMinFree(wanted.collect.minFree)
    },
  })
  const { port: plain, tlsPort: tls, isStorageAway } = engine
  return { plain, tls, findFingerprint: () => fingerprint, isStorageAway }
}

const BOUNDS_ON_GROWTH = [
  'collect.new_hosts',
  'collect.max_new_hosts',
  'collect.max_hosts',
  'collect.max_metrics',
  'collect.max_open_events',
  'collect.max_facts',
  'collect.min_free',
]

const portOrNull = (port: number | 'off') => (port === 'off' ? null : port)
