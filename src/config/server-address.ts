/** Where a collect engine listens. */
export type ServerAddress = {
  readonly host: string
  readonly port: number
  /** Null when the address does not say: then other settings decide. */
  readonly tls: boolean | null
}

/** The collect engine's ports, where an address names none. */
const PLAIN_PORT = 8888
const TLS_PORT = 8889

const ADDRESS =
  /^(?:(tls|tcp):\/\/)?(?:\[([0-9a-fA-F:.]+(?:%[\w.-]{1,15})?)\]|([^\s:[\]/@]+))(?::(\d{1,5}))?\/?$/

/**
 * Reads `name:port`, `name`, `10.0.0.1:port`, `[2001:db8::1]:port` or `[fe80::1%eth0]:port`, each with
 * `tls://` or `tcp://` (without TLS) before it or not. Returns null for anything else. `usesTls` is what an
 * address without a scheme means.
 */
export function parseServerAddress(text: string, usesTls = false): ServerAddress | null {
  const [, scheme, address6, name, digits] = ADDRESS.exec(text) ?? []
  const host = address6 ?? name
  if (host === undefined) return null
  const tls = scheme === undefined ? null : scheme === 'tls'
  const port = digits === undefined ? ((tls ?? usesTls) ? TLS_PORT : PLAIN_PORT) : Number(digits)
  return port >= 1 && port <= 65535 ? { host, port, tls } : null
}
