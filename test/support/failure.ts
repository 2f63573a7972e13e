import { expect } from 'bun:test'

type Why = string | RegExp | (abstract new (...words: never[]) => Error)

/**
 * Expects `work` to fail, for a reason as `toThrow` takes it. In place of `expect(work).rejects`, which waits
 * in an event loop within the event loop (Bun 1.4.5): immediates of the work may never run there, nor the
 * test's own time limit, and the run hangs.
 */
export async function expectFailure(work: Promise<unknown>, why?: Why): Promise<void> {
  throwAs(why, await findFailure(work))
}

/**
 * The reason why `work` failed, wrapped so that even `undefined` differs from success; null when it succeeded.
 */
export async function findFailure(work: Promise<unknown>): Promise<{ readonly error: unknown } | null> {
  try {
    await work
    return null
  } catch (error) {
    return { error }
  }
}

function throwAs(why: Why | undefined, failure: { readonly error: unknown } | null) {
  const act = () => {
    if (failure !== null) throw failure.error
  }
  if (why === undefined) expect(act).toThrow()
  else expect(act).toThrow(why as string)
}
