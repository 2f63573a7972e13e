export type HttpHead = {
  readonly status: number
  /** By name in lower case; the first of each name counts. */
  readonly headers: ReadonlyMap<string, string>
  /** How many bytes it takes, with the empty line at its end. */
  readonly length: number
}

/** `HTTP/1.1 200`, and the character behind it. */
const STATUS_LENGTH = 13
/** Nobody sends more of them before the answer. */
const MAX_INTERIM = 16

/**
 * Returns the head of an answer; null while it is not complete, and for text that is not HTTP. Interim
 * answers are skipped. It is asked again for each piece that arrives, so that of what it skips it reads little.
 */
export function readHead(received: Buffer): HttpHead | null {
  let begin = 0
  for (let interim = 0; interim <= MAX_INTERIM; interim++) {
    const end = received.indexOf('\r\n\r\n', begin)
    if (end < 0) return null
    const first = received.toString('latin1', begin, Math.min(end, begin + STATUS_LENGTH))
    const status = Number(/^HTTP\/1\.[01] ([1-5]\d\d)(?:[ \r]|$)/.exec(first)?.[1] ?? Number.NaN)
    if (!Number.isInteger(status)) return null
    const length = end + 4
    if (status >= 200) {
      const lines = received.toString('latin1', begin, end).split('\r\n').slice(1)
      return { status, headers: readHeaders(lines), length }
    }
    begin = length
  }
  return null
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name] = /^([^\s:]+):/.exec(line) ?? []
    const key = name?.toLowerCase()
    // An expression that looks for the blanks at the end takes seconds for 64 KB of them.
    if (name !== undefined && key !== undefined && !headers.has(key))
      headers.set(key, line.slice(name.length + 1).trim())
  }
  return headers
}

/** Returns the body as far as it is there. */
export function readBody({ headers, length }: HttpHead, received: Buffer): string {
  const body = received.subarray(length)
  if (isChunked(headers)) return readChunks(body)
  const size = Number(headers.get('content-length') ?? Number.NaN)
  return (body.length >= size ? body.subarray(0, size) : body).toString('utf8')
}

/** Says of all that was received so far whether the body is whole. What it has seen it does not read again. */
export function watchBody({ headers, length }: HttpHead): (received: Buffer) => boolean {
  if (!isChunked(headers)) {
    const size = Number(headers.get('content-length') ?? Number.NaN)
    return (received) => received.length - length >= size
  }
  let at = length
  let isBroken = false
  return (received) => {
    while (!isBroken) {
      const chunk = readChunk(received, at)
      if (chunk === null) return false
      if (chunk.size === 0) return true
      isBroken = chunk.size === null
      at = chunk.begin + (chunk.size ?? 0) + 2
    }
    return false
  }
}

const isChunked = (headers: HttpHead['headers']) =>
  /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')

/** Null where the line in front of the chunk is not there yet; a size of null is none. */
function readChunk(
  bytes: Buffer,
  at: number,
): { readonly size: number | null; readonly begin: number } | null {
  const end = bytes.indexOf('\r\n', at)
  if (end < 0) return null
  const digits = /^([0-9a-f]{1,8})(?:;|\s*$)/i.exec(bytes.toString('latin1', at, end))?.[1]
  return { size: digits === undefined ? null : Number.parseInt(digits, 16), begin: end + 2 }
}

function readChunks(body: Buffer): string {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const chunk = readChunk(body, at)
    if (chunk === null || !chunk.size) return Buffer.concat(parts).toString('utf8')
    parts.push(body.subarray(chunk.begin, chunk.begin + chunk.size))
    at = chunk.begin + chunk.size + 2
  }
}
