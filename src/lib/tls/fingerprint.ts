import { loadCrypto } from '../node-modules.ts'

/** SHA-256 of a certificate as it travels (DER): 64 hexadecimal digits in lower case. */
export function fingerprintOf(der: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(der).digest('hex')
}

/**
 * A fingerprint as people write it: in either case, with colons or blanks between, `sha256:` before it; null
 * when it is none.
 */
export function parseFingerprint(text: string): string | null {
  const digits = text
    .toLowerCase()
    .replace(/^\s*sha-?256[:=]?/, '')
    .replace(/[:\s]/g, '')
  return /^[0-9a-f]{64}$/.test(digits) ? digits : null
}

/** `sha256//…` of the key of a certificate that vouches for itself, as curl takes it; null where a CA does. */
export function describePin(certificate: string): string | null {
  const { X509Certificate } = loadCrypto()
  const x509 = new X509Certificate(certificate)
  if (x509.issuer !== x509.subject || !x509.verify(x509.publicKey)) return null
  const key = x509.publicKey.export({ type: 'spki', format: 'der' })
  return `sha256//${new Bun.CryptoHasher('sha256').update(key).digest('base64')}`
}
