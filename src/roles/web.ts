import type { Config } from '../config/schema.ts'
import { siteAddress } from '../domain/site-address.ts'
import { isWithin, parseAddressRange } from '../lib/address-range.ts'
import { describeError, type Log } from '../lib/log.ts'
import type { Certificate } from '../lib/tls/certificate.ts'
import { describePin } from '../lib/tls/fingerprint.ts'
import { FULL_VERSION, VERSION } from '../lib/version.ts'
import { type OwnSockets, openOwnSockets } from '../platform/sockets/own-sockets.ts'
import type { Store } from '../storage/ports/store.ts'
import { startWebsite } from '../web/server.ts'
import type { CollectPorts } from './collect.ts'
import type { Command } from './command.ts'
import { openNotifier, reloadNotifier } from './notifier.ts'
import type { RoleContext } from './role.ts'
import { findCertificate, findNextCertificate, openCertificate } from './setup/certificate.ts'
import { forgetInitialPassword } from './setup/first-start.ts'
import { readServerName } from './setup/server-name.ts'
import { protectSecondFactors } from './setup/web-secret.ts'
import { openReleases } from './site/releases.ts'
import { describeSite } from './site/site-info.ts'

type WebsiteParts = {
  /** From `prepareWeb`. */
  readonly certificate: Certificate | null
  readonly commands: readonly Command[]
  readonly agents: CollectPorts
  /** Why a part of this program is not well; null when all are. */
  readonly findTrouble: () => string | null
}

/**
 * Opens what the website needs before it is served: its certificate, null where it has none, and the secret of second
 * factors. To be called before any port is opened: agents would be answered by a server that stops at once. Throws a
 * `ConfigError` when something of it is wrong.
 */
export async function prepareWeb(
  config: Config,
  store: Store,
  context: RoleContext,
  print: (text: string) => void,
): Promise<Certificate | null> {
  await protectSecondFactors(config, store.secondFactors)
  return config.web.tls ? openCertificate('web', config, context, print) : null
}

/** Resolves with the address to open in a browser on this machine. */
export async function startWeb(
  config: Config,
  store: Store,
  context: RoleContext,
  { certificate, commands, agents, findTrouble }: WebsiteParts,
): Promise<string> {
  const { clock, log } = context
  const { address, port, tlsPort, sessionExpiry, trustedProxies, url, basePath } = config.web
  let pin = certificate === null ? null : describePin(certificate.certificate)
  const notifier = openNotifier(config, context)
  context.own('channels', async () => notifier.close())
  context.onReload(reloadNotifier('website', notifier))
  const website = await startWebsite({
    address,
    port,
    sessionExpiry,
    siteUrl: url,
    basePath: basePath ?? '',
    trustedProxies: trustedProxies.flatMap((range) => parseAddressRange(range) ?? []),
    silence: config.events.availabilityCheck,
    notifier,
    zone: notifier.zone,
    about: describeSite(config, agents, commands),
    serverName: readServerName(config),
    warnsOfPlain: isOpenWithoutTls(config),
    requiresTwoFactor: config.web.requireTwoFactor,
    version: VERSION,
    store,
    clock,
    log,
    findTrouble,
    onPasswordChanged: (user) => forgetInitialPassword(config.dataDir, user),
    findAgentDoor() {
      const fingerprint = agents.findFingerprint()
      return agents.tls === null || fingerprint === null ? null : { port: agents.tls, fingerprint }
    },
    findServerProgram: () => ({
      version: FULL_VERSION,
      fingerprint: findNextCertificate(config.dataDir)?.fingerprint ?? agents.findFingerprint(),
    }),
    apiRate: config.web.apiRate,
    ownSockets: findOwnSockets(log),
    releases: openReleases(config.dataDir, log),
    findPin: () => pin,
    ...(certificate !== null && { tls: { ...certificate, port: tlsPort } }),
  })
  context.own('website', () => website.stop())
  log.info('listening', { role: 'web', address, port: website.port })
  if (isOpenWithoutTls(config))
    log.warn('the website is served without TLS: passwords can be read on the network', {
      hint: 'web.tls, web.trusted_proxies or web.address = "127.0.0.1"',
    })
  const host = nameForClients(address, 'localhost')
  const name = host.includes(':') ? `[${host}]` : host
  if (certificate === null) return siteAddress(`http://${name}:${website.port}`, basePath ?? '')
  const { fingerprint } = certificate
  log.info('listening', { role: 'web_tls', address, fingerprint, port: website.tlsPort })
  context.onReload({
    part: 'website: certificate',
    keys: ['web.tls_certificate', 'web.tls_key'],
    always: true,
    act(wanted) {
      const renewed = findCertificate('web', wanted)
      if (renewed === null) throw new Error('the certificate is gone')
      website.renewTls(renewed)
      pin = describePin(renewed.certificate)
      log.info('reloaded the certificate', { role: 'web_tls', fingerprint: renewed.fingerprint })
    },
  })
  return siteAddress(`https://${name}:${website.tlsPort}`, basePath ?? '')
}

/** Null where the connections of this process can't be listed: their number is not bounded then. */
function findOwnSockets(log: Log): OwnSockets | null {
  try {
    return openOwnSockets()
  } catch (error) {
    log.warn('the connections to the website are not bounded', { error: describeError(error) })
    return null
  }
}

/** Whether passwords are sent to the website without TLS, according to the configuration. */
function isOpenWithoutTls({ web }: Config): boolean {
  const loopback = ['127.0.0.0/8', '::1'].flatMap((range) => parseAddressRange(range) ?? [])
  const isLocal = web.address === 'localhost' || isWithin(web.address, loopback)
  return !web.tls && !isLocal && web.trustedProxies.length === 0
}

/** A website that listens on all addresses is reached from here under `here`. */
export function nameForClients(address: string, here: string): string {
  return address === '0.0.0.0' || address === '::' ? here : address
}
