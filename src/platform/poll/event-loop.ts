import { readdirSync, readFile, readlinkSync } from 'node:fs'
import { openPoll, WANTED } from './poll.ts'

/** An answer from a thread takes far less. */
const PROOF_MS = 500

/** Returns at the first event of the runtime's event loop, at a signal, or after this many milliseconds. */
export type WaitForEvent = (ms: number) => void

/**
 * Opens a wait that ends with whatever would end the runtime's own, except for its timers: the runtime's set of
 * watched descriptors is itself a descriptor that can be watched. Resolves to null where the system or the runtime
 * has no such thing, which is tried once: an answer from a thread has to end the wait.
 */
export async function openEventWait(): Promise<WaitForEvent | null> {
  const handle = findEventSet()
  if (handle === null) return null
  const poll = openPoll(handle, WANTED.input)
  const answer = new Promise<void>((resolve) => readFile('/proc/self/comm', () => resolve()))
  const isProven = poll(PROOF_MS) === 1
  await answer
  return isProven ? (ms) => void poll(ms) : null
}

/** The main thread's set is the first that the process has opened. */
function findEventSet(): number | null {
  const handles = readdirSync('/proc/self/fd')
    .map(Number)
    .sort((a, b) => a - b)
  for (const handle of handles)
    try {
      if (readlinkSync(`/proc/self/fd/${handle}`) === 'anon_inode:[eventpoll]') return handle
    } catch {
      // The one that listed the folder is closed.
    }
  return null
}
