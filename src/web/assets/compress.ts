import { constants, zstdCompressSync } from 'node:zlib'

export type Encoding = 'zstd' | 'gzip'

/** Ours in the order of preference: zstd packs a page in a fifth of gzip's time. */
const ENCODINGS: readonly Encoding[] = ['zstd', 'gzip']

/** Shorter bodies grow or gain nothing. */
export const COMPRESS_FROM_BYTES = 1024

/** Beyond this a gzip of the usual level costs more time than it saves; a hundred hosts in a list stay below. */
const LARGE_BYTES = 512 * 1024

/** The window of zstd. No window is longer than what it is for. */
const WINDOW_LOG = 21
const WINDOW_BYTES = 2 ** WINDOW_LOG

/** The best encoding of `ours` that an Accept-Encoding header takes; null for none. */
export function chooseEncoding(
  header: string | null,
  ours: readonly Encoding[] = ENCODINGS,
): Encoding | null {
  if (header === null) return null
  const refused = new Set<string>()
  const taken = new Set<string>()
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim())
    const isRefused = parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter))
    if (isRefused) refused.add(name)
    else taken.add(name)
  }
  const takes = (name: string) => taken.has(name) || (taken.has('*') && !refused.has(name))
  return ours.find(takes) ?? null
}

/**
 * `best` is for content that is compressed once and kept, `fast` for rows of numbers: zstd makes 500 of them as short
 * in two thirds of the time.
 */
export function compress(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: Encoding,
  effort: 'fast' | 'quick' | 'best' = 'quick',
): Uint8Array<ArrayBuffer> {
  if (encoding === 'gzip') {
    const level = effort === 'best' ? 9 : effort === 'fast' || bytes.length > LARGE_BYTES ? 1 : 5
    return Bun.gzipSync(bytes, { level })
  }
  const level = effort === 'best' ? 19 : effort === 'fast' ? 1 : 3
  // No window is longer than the whole, and the context of Bun is there already.
  if (effort !== 'best' && bytes.length < WINDOW_BYTES)
    return new Uint8Array(Bun.zstdCompressSync(bytes, { level }))
  // The interface of node, because it can limit the window: that of browsers is 8 MiB at most (RFC 9659).
  return new Uint8Array(
    zstdCompressSync(bytes, {
      params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: WINDOW_LOG },
    }),
  )
}
