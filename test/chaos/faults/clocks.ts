import type { Part } from '../parts.ts'
import { type Fault, seconds, type World } from './world.ts'

const JUMPS = [-2 * 86_400, -3600, -1200, -90, 1200, 3600, 2 * 86_400, 450 * 86_400] as const

/** A clock is wrong for some seconds, from a start of its process or while it runs. */
async function shift(world: World, part: Part, isStarted: boolean) {
  const ahead = world.random.pick(JUMPS)
  world.note(`${part.name} by ${ahead} s`)
  if (isStarted) await part.end('SIGTERM')
  part.setClock(ahead)
  if (isStarted) await part.start()
  await seconds(world, 2, 6)
  part.setClock(0)
}

export const CLOCKS: Readonly<Record<string, Fault>> = {
  'clock of the server jumps': { run: (world) => shift(world, world.server, false) },
  // Also at a start, where nothing tells that the clock has jumped.
  'server starts with a wrong clock': { run: (world) => shift(world, world.server, true) },
  'clock of an agent jumps': { run: (world) => shift(world, world.random.pick(world.agents), false) },
  'agent starts with a wrong clock': { run: (world) => shift(world, world.random.pick(world.agents), true) },
}
