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
