/** Where a collect engine listens. */
export type ServerAddress = { readonly host: string; readonly port: number }

/** The collect engine's port, where an address names none. */
const COLLECT_PORT = 8888

/** `name:port`, `name`, `10.0.0.1:port` or `[2001:db8::1]:port`; null for anything else. */
export function parseServerAddress(text: string): ServerAddress | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/@]+))(?::(\d{1,5}))?$/.exec(text)
  const host = found?.[1] ?? found?.[2]
  if (host === undefined) return null
  const port = found?.[3] === undefined ? COLLECT_PORT : Number(found[3])
  return port >= 1 && port <= 65535 ? { host, port } : null
}
