import { hostname } from 'node:os'
import type { Config } from '../../config/schema.ts'
import { parseServerAddress } from '../../config/server-address.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { readFullName } from '../../platform/machine.ts'
import { openProcFs } from '../../platform/proc.ts'
import { encodeEnrolmentCode } from '../../protocol/enrolment-code.ts'
import { findCertificate } from './certificate.ts'

/**
 * The code that tells a new agent where this server is, how it is known and what lets the agent in. `server`
 * is how agents reach it, with or without a port; null takes the name in web.url, else this machine's own.
 * `releases` is the checksum of what this server hands out; null for a code alone.
 * Throws `CommandError` when there is no certificate yet or TLS is closed.
 */
export function writeEnrolmentCode(
  config: Config,
  server: string | null,
  secret: string,
  releases: string | null = null,
): string {
  const { port, tlsPort, tlsCertificate } = config.collect
  const open = tlsPort === 'off' ? port : tlsPort
  if (open === 'off') throw new CommandError('agents can not come: collect.port and collect.tls_port are off')
  const certificate = findCertificate('collect', config)
  if (certificate === null)
    throw new CommandError('there is no certificate yet: the server makes one when it is first started')
  const { host, port: saidPort } = readServer(server ?? nameOfServer(config), open)
  return encodeEnrolmentCode({
    host,
    port: saidPort,
    fingerprint: certificate.fingerprint,
    // A certificate of a CA is renewed now and then, and the CA vouches for the next one.
    isPinned: tlsCertificate === null,
    releases,
    secret,
  })
}

/** The name by which agents reach this server, without a port: `server`, or as `writeEnrolmentCode` finds it. */
export const nameForAgents = (config: Config, server: string | null): string =>
  readServer(server ?? nameOfServer(config), 0).host

function nameOfServer({ web }: Config): string {
  if (web.url === null) return readFullName(openProcFs(), hostname())
  const { hostname: name } = new URL(web.url)
  return name
}

function readServer(text: string, port: number): { host: string; port: number } {
  const isPlainIpv6 = /^[0-9a-fA-F:]+$/.test(text) && text.split(':').length > 2
  const written = isPlainIpv6 ? `[${text}]` : text
  const address = parseServerAddress(written)
  if (address === null || address.tls === false)
    throw new CommandError('--server takes a name or address, such as monitor.example.org', EXIT.usage)
  return { host: address.host, port: /:\d+$/.test(written) ? address.port : port }
}
