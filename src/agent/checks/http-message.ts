export type HttpHead = {
  readonly status: number
  /** By name in lower case; the first of each name counts. */
  readonly headers: ReadonlyMap<string, string>
  /** How many bytes it takes, with the empty line at its end. */
  readonly length: number
}

/**
 * Returns the head of an answer; null while it is not complete, and for text that is not HTTP. Interim
 * answers are skipped.
 */
export function readHead(received: Buffer): HttpHead | null {
  let begin = 0
  for (;;) {
    const end = received.indexOf('\r\n\r\n', begin)
    if (end < 0) return null
    const [first = '', ...lines] = received.toString('latin1', begin, end).split('\r\n')
    const status = Number(/^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(first)?.[1] ?? Number.NaN)
    if (!Number.isInteger(status)) return null
    begin = end + 4
    if (status >= 200) return { status, headers: readHeaders(lines), length: begin }
  }
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
export function readBody(
  { headers, length }: HttpHead,
  received: Buffer,
): { readonly text: string; readonly isWhole: boolean } {
  const body = received.subarray(length)
  if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) return readChunks(body)
  const size = Number(headers.get('content-length') ?? Number.NaN)
  const isWhole = body.length >= size
  return { text: (isWhole ? body.subarray(0, size) : body).toString('utf8'), isWhole }
}

function readChunks(body: Buffer): { text: string; isWhole: boolean } {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const end = body.indexOf('\r\n', at)
    const digits = end < 0 ? null : /^([0-9a-f]{1,8})(?:;|\s*$)/i.exec(body.toString('latin1', at, end))
    const size = digits === null ? 0 : Number.parseInt(digits[1] ?? '0', 16)
    const isWhole = digits !== null && size === 0
    if (size === 0) return { text: Buffer.concat(parts).toString('utf8'), isWhole }
    parts.push(body.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}
