import type { Part } from '../parts.ts'
import { type Fault, type Harness, seconds } from './harness.ts'

const JUMPS = [-2 * 86_400, -3600, -1200, -90, 1200, 3600, 2 * 86_400, 450 * 86_400] as const

/** A clock is wrong for some seconds, from a start of its process or while it runs. */
async function shift(harness: Harness, part: Part, isStarted: boolean) {
  const ahead = harness.random.pick(JUMPS)
  harness.note(`${part.name} by ${ahead} s`)
  if (isStarted) await part.end('SIGTERM')
  part.setClock(ahead)
  if (isStarted) await part.start()
  await seconds(harness, 2, 6)
  part.setClock(0)
}

export const CLOCKS: Readonly<Record<string, Fault>> = {
  'clock of the server jumps': { run: (harness) => shift(harness, harness.server, false) },
  // Also at a start, where nothing tells that the clock has jumped.
  'server starts with a wrong clock': { run: (harness) => shift(harness, harness.server, true) },
  'clock of an agent jumps': { run: (harness) => shift(harness, harness.random.pick(harness.agents), false) },
  'agent starts with a wrong clock': {
    run: (harness) => shift(harness, harness.random.pick(harness.agents), true),
  },
}
