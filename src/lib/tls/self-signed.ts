// The library fills its tables through it, so it has to come first.
import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

export type SelfSignedOptions = {
  /** DNS names that it is good for; the first is its subject. At least one. */
  readonly names: readonly string[]
  readonly addresses: readonly string[]
  /** Seconds since 1970. */
  readonly begins: number
  readonly ends: number
}

/**
 * A new ECDSA key on P-256 and a certificate of it for a TLS server, signed with itself; both as one text of
 * PEM. This loads some megabytes of code that nothing else needs: import it only when a certificate is to be
 * made.
 */
export async function createSelfSigned({
  names,
  addresses,
  begins,
  ends,
}: SelfSignedOptions): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [names[0] ?? 'monitor'] }],
    keys,
    signingAlgorithm: algorithm,
    serialNumber: crypto.getRandomValues(new Uint8Array(16)).toHex().replace(/^./, '4'),
    notBefore: new Date(begins * 1000),
    notAfter: new Date(ends * 1000),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  })
  const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return `${key}\n${certificate.toString('pem')}\n`
}
