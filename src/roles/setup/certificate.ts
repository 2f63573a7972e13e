import { existsSync, lchownSync, linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../../config/config-error.ts'
import type { Config } from '../../config/schema.ts'
import type { ShownCertificate } from '../../domain/events/certificate-end.ts'
import type { Clock } from '../../lib/clock.ts'
import { CommandError } from '../../lib/exit-codes.ts'
import type { Log } from '../../lib/log.ts'
import { type Certificate, readCertificate, splitPem } from '../../lib/tls/certificate.ts'
import { findDomain, NO_DOMAIN } from '../../platform/fqdn.ts'
import { readShortName } from '../../platform/machine.ts'
import { openProcFs } from '../../platform/proc.ts'
import { placeFile, readSecretFile } from './secret-file.ts'

const OWN_FILE = 'tls.pem'
const NEXT_FILE = 'tls-next.pem'
const PREVIOUS_FILE = 'tls-previous.pem'
const LIFE_SECONDS = 3650 * 86_400
/** For agents whose clock is behind ours. */
const HEAD_START_SECONDS = 86_400
const MAX_ADDRESSES = 100

/** The parts that serve TLS; each may have files of its own. */
type TlsSection = ShownCertificate['name']

/**
 * The certificate that the configuration names for a section, else the one that this server made itself, made
 * now when there is none. Throws when the files can't be read or do not belong together.
 */
export async function openCertificate(
  section: TlsSection,
  config: Config,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  print: (text: string) => void,
): Promise<Certificate> {
  const found = findCertificate(section, config)
  if (found !== null) return found
  const file = join(config.dataDir, OWN_FILE)
  const certificate = readOwn(file, placeFile(file, await createOwn(clock)))
  log.info('created a TLS certificate', { file, fingerprint: certificate.fingerprint })
  print(
    [
      'First start: created a TLS certificate. Agents identify it by this fingerprint:',
      `  ${certificate.fingerprint}`,
    ].join('\n'),
  )
  return certificate
}

/** As above, but null where it would have to be made. */
export function findCertificate(section: TlsSection, config: Config): Certificate | null {
  const { tlsCertificate, tlsKey } = config[section]
  if (tlsCertificate !== null && tlsKey !== null)
    return explain(`can't use ${section}.tls_certificate with ${section}.tls_key`, () =>
      readCertificate({
        certificate: readFileSync(tlsCertificate, 'utf8'),
        key: readFileSync(tlsKey, 'utf8'),
      }),
    )
  if (tlsCertificate !== null || tlsKey !== null) {
    const missing = tlsKey === null ? 'tls_key' : 'tls_certificate'
    const expected = 'expected tls_certificate and tls_key, or neither'
    throw new ConfigError([{ where: 'configuration', key: `${section}.${missing}`, expected }])
  }
  const file = join(config.dataDir, OWN_FILE)
  const text = readSecretFile(file)
  return text === null ? null : readOwn(file, text)
}

/** The certificate that will be shown after `switchToNext`; null when none was made. */
export function findNextCertificate(dataDir: string): Certificate | null {
  const file = join(dataDir, NEXT_FILE)
  const text = readSecretFile(file)
  return text === null ? null : readOwn(file, text)
}

/** Makes the next certificate of this server's own; the one that is there already stays. */
export async function makeNextCertificate(dataDir: string, clock: Clock): Promise<Certificate> {
  const held = findNextCertificate(dataDir)
  if (held !== null) return held
  const file = join(dataDir, NEXT_FILE)
  const text = placeFile(file, await createOwn(clock))
  giveToOwnerOf(dataDir, file)
  return readOwn(file, text)
}

/**
 * Replaces the current certificate, which is kept beside it, by the next one. Throws when there is no next
 * one.
 */
export function switchToNext(dataDir: string): Certificate {
  const next = findNextCertificate(dataDir)
  if (next === null) throw new CommandError('there is no next certificate: monitor certificate new makes one')
  const file = join(dataDir, OWN_FILE)
  if (existsSync(file)) {
    // Nothing is written through a name that is there: the account of the service, to which the folder belongs, could
    // have made a link of it to a file that only root may change.
    const previous = join(dataDir, PREVIOUS_FILE)
    rmSync(previous, { force: true })
    linkSync(file, previous)
  }
  // In one step: a server that starts now finds either.
  renameSync(join(dataDir, NEXT_FILE), file)
  return next
}

/** The service has to be able to read files that an administrator makes. Links are not followed. */
function giveToOwnerOf(folder: string, file: string): void {
  if (process.platform === 'win32' || process.getuid?.() !== 0 || !existsSync(file)) return
  const { uid, gid } = statSync(folder)
  lchownSync(file, uid, gid)
}

/**
 * The certificates that a server of this configuration presents; one that serves both ways is listed once. A
 * file that is not on this machine belongs to another one with the same configuration. Throws when one can't
 * be read.
 */
export function listCertificates(config: Config): ShownCertificate[] {
  const find = (section: TlsSection) => {
    const { tlsCertificate } = config[section]
    return tlsCertificate === null || existsSync(tlsCertificate) ? findCertificate(section, config) : null
  }
  // Without a port of its own TLS is spoken at `collect.port`.
  const collect = find('collect')
  const web = config.web.tls ? find('web') : null
  const shown: ShownCertificate[] = collect === null ? [] : [{ name: 'collect', ends: collect.ends }]
  if (web !== null && web.fingerprint !== collect?.fingerprint) shown.push({ name: 'web', ends: web.ends })
  return shown
}

const readOwn = (file: string, text: string) =>
  explain(`can't use ${file}; without it a new one is made, which agents have to be told`, () =>
    readCertificate(splitPem(text)),
  )

function explain<T>(what: string, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    throw new Error(what, { cause })
  }
}

/** For every name and address that this machine knows of itself. */
async function createOwn(clock: Clock): Promise<string> {
  const { createSelfSigned } = await import('../../lib/tls/self-signed.ts')
  const name = readShortName()
  // Also on Windows, which has none of these files.
  const domain = findDomain(openProcFs(), hostname())
  const full = domain === NO_DOMAIN ? [] : [`${name}.${domain}`]
  const names = [name, ...full, 'localhost'].filter((one) => /^[a-z0-9._-]+$/.test(one))
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map(({ address }) => address)
    .filter((address) => !/^fe[89ab]/i.test(address))
  const begins = clock.now() - HEAD_START_SECONDS
  return createSelfSigned({
    names: [...new Set(names)],
    addresses: [...new Set(['127.0.0.1', '::1', ...addresses])].slice(0, MAX_ADDRESSES),
    begins,
    ends: begins + LIFE_SECONDS,
  })
}
