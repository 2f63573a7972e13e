/** SHA-256 in hex: how session cookies and API tokens are kept. */
export function hashToken(token: string): string {
  return new Bun.CryptoHasher('sha256').update(token).digest('hex')
}
