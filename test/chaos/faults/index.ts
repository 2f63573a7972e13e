import { HAS_FAKETIME } from '../parts.ts'
import { CLOCKS } from './clocks.ts'
import type { Fault, Harness } from './harness.ts'
import { PROCESSES } from './processes.ts'
import { QUEUE_DAMAGE } from './queue-damage.ts'
import { LONG_RECEIVERS, RECEIVERS } from './receivers.ts'
import { SERVER_STATE } from './server-state.ts'
import { STORAGE } from './storage.ts'

export const FAULTS: Readonly<Record<string, Fault>> = {
  ...PROCESSES,
  ...STORAGE,
  ...QUEUE_DAMAGE,
  ...SERVER_STATE,
  ...RECEIVERS,
  ...(HAS_FAKETIME && { ...CLOCKS, ...LONG_RECEIVERS }),
}

/** The names of those that are possible here. */
export const listFaults = (harness: Harness): string[] =>
  Object.entries(FAULTS).flatMap(([name, { isPossible }]) => (isPossible?.(harness) === false ? [] : [name]))
