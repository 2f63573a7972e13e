/** The one request that is made: GET, to a socket of this machine, with what comes back bounded. */
export async function getJson(
  socket: string,
  path: string,
  { signal, most }: { readonly signal: AbortSignal; readonly most: number },
): Promise<unknown> {
  const response = await fetch(`http://localhost${path}`, {
    unix: socket,
    signal,
    redirect: 'error',
    headers: { accept: 'application/json', 'accept-encoding': 'identity' },
  })
  const text = await readText(response, most)
  if (!response.ok) throw new Error(`${socket} answers ${response.status} to ${path}`)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${socket} answers something else than JSON to ${path}`)
  }
}

async function readText({ body }: Response, most: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body ?? []) {
    size += part.length
    if (size > most) throw new Error(`an answer of the container engine is longer than ${most} bytes`)
    parts.push(part)
  }
  return new TextDecoder().decode(Buffer.concat(parts))
}

/** A value somewhere within an answer; undefined where the path does not exist. */
export function dig(value: unknown, ...path: readonly string[]): unknown {
  let at = value
  for (const key of path) at = isRecord(at) ? at[key] : undefined
  return at
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function digNumber(value: unknown, ...path: readonly string[]): number | null {
  const found = dig(value, ...path)
  return typeof found === 'number' && Number.isFinite(found) ? found : null
}

export function digText(value: unknown, ...path: readonly string[]): string {
  const found = dig(value, ...path)
  return typeof found === 'string' ? found : ''
}
