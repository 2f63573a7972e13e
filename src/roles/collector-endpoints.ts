import { readFileSync } from 'node:fs'
import type { CollectorAddress } from '../agent/sending/connect.ts'
import type { Trust } from '../agent/sending/tls-trust.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Config } from '../config/schema.ts'
import { parseServerAddress } from '../config/server-address.ts'
import { isWithin, parseAddressRange } from '../lib/address-range.ts'
import { describeFileError } from '../lib/log.ts'
import { parseFingerprint } from '../lib/tls/fingerprint.ts'
import type { EnrolledServer } from './setup/enrolled-server.ts'

const LOOPBACK = ['127.0.0.0/8', '::1'].flatMap((range) => parseAddressRange(range) ?? [])

type Settings = Pick<Config['agent'], 'server' | 'fingerprint' | 'caFile'>

/**
 * The servers of an agent, and how it verifies each. Passphrase and key are sent without TLS only to this
 * machine itself, or where the address says `tcp://`; every other address is reached over TLS. Throws
 * `ConfigError` when a server could not be verified, and when one address says `tcp://` while another setting
 * says how to verify the server.
 */
export async function findServers(settings: Settings): Promise<CollectorAddress[]> {
  const isKnown = settings.fingerprint.length > 0 || settings.caFile !== null
  const addresses = settings.server.flatMap((text) => {
    const usesTls = isKnown || !isThisMachine(parseServerAddress(text)?.host ?? '')
    const address = parseServerAddress(text, usesTls)
    return address === null ? [] : [{ ...address, tls: address.tls ?? usesTls }]
  })
  if (isKnown && addresses.some(({ tls }) => !tls)) throw plainThough(settings)
  const trust = addresses.some(({ tls }) => tls) ? await findTrust(settings) : null
  return addresses.map(({ host, port, tls }) => ({ host, port, tls: tls ? trust : null }))
}

/** Data sent to it passes no network. */
const isThisMachine = (host: string) => host.toLowerCase() === 'localhost' || isWithin(host, LOOPBACK)

/** Whoever gives a fingerprint wants the server to be known, which it can't be without TLS. */
function plainThough({ server, fingerprint }: Settings): ConfigError {
  const value = server.find((text) => /^tcp:/i.test(text))
  const other = fingerprint.length > 0 ? 'agent.fingerprint' : 'agent.ca_file'
  const expected = `expected tls:// or no scheme, because ${other} is set, or tcp:// without it`
  return new ConfigError([{ where: 'configuration', key: 'agent.server', value, expected }])
}

/**
 * The servers of an enrolled agent; settings that verify a server take precedence over the enrolment code.
 */
export async function toServerAddress(
  { host, port, fingerprint }: EnrolledServer,
  settings: Settings,
): Promise<CollectorAddress> {
  const isSaid = settings.fingerprint.length > 0 || settings.caFile !== null
  const pinned = isSaid || fingerprint === null ? settings.fingerprint : [fingerprint]
  return { host, port, tls: await findTrust({ ...settings, fingerprint: pinned }) }
}

async function findTrust({ fingerprint, caFile }: Settings): Promise<Trust> {
  if (fingerprint.length > 0)
    return { fingerprints: fingerprint.flatMap((text) => parseFingerprint(text) ?? []), authorities: [] }
  return { fingerprints: null, authorities: caFile === null ? await readSystemStore() : readCaFile(caFile) }
}

function readCaFile(file: string): string[] {
  const expected = (what: string) =>
    new ConfigError([
      { where: 'configuration', key: 'agent.ca_file', value: file, expected: `expected ${what}` },
    ])
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw expected(`a file that can be read (${describeFileError(error)})`)
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g)
  if (found === null) throw expected('certificates in PEM')
  return found
}

/** Only who needs it pays for loading it: some hundred certificates. */
async function readSystemStore(): Promise<string[]> {
  const { getCACertificates } = await import('node:tls')
  const found = getCACertificates('system')
  if (found.length > 0) return found
  const expected = 'expected agent.fingerprint or agent.ca_file: this system keeps no certificates of CAs'
  throw new ConfigError([{ where: 'configuration', key: 'agent.server', expected }])
}
