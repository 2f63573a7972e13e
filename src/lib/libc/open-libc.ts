import { dlopen, type FFIFunction } from 'bun:ffi'

/** C libraries by the names of glibc and musl. */
const LIBRARIES = [
  'libc.so.6',
  process.arch === 'arm64' ? 'libc.musl-aarch64.so.1' : 'libc.musl-x86_64.so.1',
] as const

/**
 * Functions of the C library, for what neither Bun nor Node.js knows. Throws where there is none, or it lacks
 * one of them.
 */
export function openLibc<Signatures extends Record<string, FFIFunction>>(signatures: Signatures) {
  const failures: unknown[] = []
  for (const name of LIBRARIES)
    try {
      return dlopen(name, signatures)
    } catch (error) {
      failures.push(error)
    }
  throw new AggregateError(failures, `none of ${LIBRARIES.join(', ')} can be loaded`)
}

/** What an agent calls for as long as it runs. */
const LASTING = {
  adjtimex: { args: ['ptr'], returns: 'i32' },
  madvise: { args: ['u64', 'u64', 'i32'], returns: 'i32' },
  poll: { args: ['ptr', 'i32', 'i32'], returns: 'i32' },
} as const

let lasting: ReturnType<typeof openLibc<typeof LASTING>> | null = null

/** These are opened together, and once: each opening has a compiler of its own, which keeps some 150 kB. */
export function findLastingCalls() {
  lasting ??= openLibc(LASTING)
  return lasting.symbols
}
