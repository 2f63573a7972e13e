import { AsyncLocalStorage } from 'node:async_hooks'

/** Who waits for what is being read: its signal says that nobody does any more. */
type WaitingReader = { readonly signal: AbortSignal }

const readers = new AsyncLocalStorage<WaitingReader | null>()

/** Thrown where something was being read for somebody who does not wait for it any more. */
export class ReaderGoneError extends Error {
  override readonly name = 'ReaderGoneError'

  constructor() {
    super('whoever asked for this does not wait for it any more')
  }
}

/** What `act` reads may be given up as soon as `reader` does not wait any more. */
export function readFor<Answer>(reader: WaitingReader, act: () => Promise<Answer>): Promise<Answer> {
  return readers.run(reader, act)
}

/** What `act` reads is kept for others too, so it is read to its end, whoever goes. */
export function readForAll<Answer>(act: () => Promise<Answer>): Promise<Answer> {
  return readers.run(null, act)
}

/** The signal of whoever waits for what is read here; null where it is read to its end. */
export const signalOfReader = (): AbortSignal | null => readers.getStore()?.signal ?? null
