import { loadCrypto } from '../node-modules.ts'
import { fingerprintOf } from './fingerprint.ts'

/** A certificate with its key, both PEM; behind the certificate may stand those that lead to its CA. */
export type TlsFiles = { readonly certificate: string; readonly key: string }

export type Certificate = TlsFiles & {
  /** See `fingerprintOf`. */
  readonly fingerprint: string
  /** Seconds since 1970 from which on it counts no more. */
  readonly ends: number
}

/** Looks into a certificate and its key. Throws when one can't be read or they do not belong together. */
export function readCertificate({ certificate, key }: TlsFiles): Certificate {
  const { createPrivateKey, X509Certificate } = loadCrypto()
  const x509 = read('no certificate in PEM', () => new X509Certificate(certificate))
  const privateKey = read('no private key in PEM, or one with a passphrase', () => createPrivateKey(key))
  if (!x509.checkPrivateKey(privateKey)) throw new Error('the key is not that of the certificate')
  return {
    certificate,
    key,
    fingerprint: fingerprintOf(x509.raw),
    ends: Math.floor(Date.parse(x509.validTo) / 1000),
  }
}

/** Parts a text that holds both, in any order. Throws when either is missing. */
export function splitPem(text: string): TlsFiles {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g) ?? []
  const certificates = blocks.filter((block) => block.startsWith('-----BEGIN CERTIFICATE-----'))
  const key = blocks.find((block) => /^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(block))
  if (certificates.length === 0 || key === undefined) throw new Error('a certificate and its key are needed')
  return { certificate: `${certificates.join('\n')}\n`, key: `${key}\n` }
}

function read<T>(wrong: string, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    throw new Error(wrong, { cause })
  }
}
