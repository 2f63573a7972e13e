import { readFileSync } from 'node:fs'
import type { ServerAddress } from '../agent/sending/connect.ts'
import type { Trust } from '../agent/sending/tls-trust.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Config } from '../config/schema.ts'
import { parseServerAddress } from '../config/server-address.ts'
import { parseFingerprint } from '../lib/fingerprint.ts'
import type { EnrolledServer } from './setup/enrolled-server.ts'

type Settings = Pick<Config['agent'], 'server' | 'fingerprint' | 'caFile'>

/**
 * Where an agent sends to, and how it knows each server. An address without a scheme is reached over TLS when
 * anything says how to know the server: nobody who went to that trouble meant to send in the clear. Throws
 * `ConfigError` when nothing could be verified.
 */
export async function findServers(settings: Settings): Promise<ServerAddress[]> {
  const usesTls = settings.fingerprint.length > 0 || settings.caFile !== null
  const addresses = settings.server.flatMap((text) => parseServerAddress(text, usesTls) ?? [])
  const overTls = addresses.some(({ tls }) => tls ?? usesTls)
  const trust = overTls ? await findTrust(settings) : null
  return addresses.map(({ host, port, tls }) => ({ host, port, tls: (tls ?? usesTls) ? trust : null }))
}

/** Where an enrolled agent sends to; settings that say how to know a server come before what its code said. */
export async function toServerAddress(
  { host, port, fingerprint }: EnrolledServer,
  settings: Settings,
): Promise<ServerAddress> {
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
    throw expected(`a file that can be read (${(error as Error).message})`)
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
