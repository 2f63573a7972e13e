import { readFileSync } from 'node:fs'
import { ConfigError } from '../../config/config-error.ts'
import type { Config } from '../../config/schema.ts'
import { describeFileError } from '../../lib/log.ts'
import type { DatabaseServer } from '../../storage/database/open.ts'

/**
 * How to reach a database on a server, from the configuration. Throws `ConfigError` for files that can't be
 * read.
 */
export function describeDatabaseServer({ database }: Config): DatabaseServer {
  const { password, tls, caFile, tlsName, tlsCertificate, tlsKey, timeout } = database
  if ((tlsCertificate === null) !== (tlsKey === null))
    throw problem(
      tlsKey === null ? 'tls_key' : 'tls_certificate',
      'expected both tls_certificate and tls_key',
    )
  const isSecure = tls || [caFile, tlsName, tlsCertificate].some((setting) => setting !== null)
  return {
    password,
    timeout,
    tls: isSecure
      ? {
          authorities: readPem('ca_file', caFile),
          certificate: readPem('tls_certificate', tlsCertificate),
          key: readPem('tls_key', tlsKey),
          name: tlsName,
        }
      : null,
  }
}

function readPem(key: string, file: string | null): string | null {
  if (file === null) return null
  try {
    const text = readFileSync(file, 'utf8')
    if (text.includes('-----BEGIN ')) return text
  } catch (error) {
    throw problem(key, `expected a file that can be read (${describeFileError(error)})`, file)
  }
  throw problem(key, 'expected PEM', file)
}

function problem(key: string, expected: string, value?: string): ConfigError {
  return new ConfigError([
    { where: 'configuration', key: `database.${key}`, ...(value !== undefined && { value }), expected },
  ])
}
