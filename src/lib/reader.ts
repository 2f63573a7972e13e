import { AsyncLocalStorage } from 'node:async_hooks'

/** Waits for a read: its signal is aborted when the result is not wanted any more. */
type WaitingReader = { readonly signal: AbortSignal }

const readers = new AsyncLocalStorage<WaitingReader | null>()

/** Thrown when a read is given up because its result is not wanted any more. */
export class ReaderGoneError extends Error {
  override readonly name = 'ReaderGoneError'

  constructor() {
    super('whoever asked for this does not wait for it any more')
  }
}

/** Reads of `act` may be given up as soon as `reader` does not wait any more. */
export function readFor<Answer>(reader: WaitingReader, act: () => Promise<Answer>): Promise<Answer> {
  return readers.run(reader, act)
}

/** The result of `act` is kept for others too, so it is read to its end even when its reader has gone. */
export function readForAll<Answer>(act: () => Promise<Answer>): Promise<Answer> {
  return readers.run(null, act)
}

/** The signal of the current reader; null where the read goes on to its end. */
export const signalOfReader = (): AbortSignal | null => readers.getStore()?.signal ?? null
