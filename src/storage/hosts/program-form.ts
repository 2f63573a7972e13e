import type { AgentProgram } from '../../domain/hosts/host.ts'
import type { Transaction } from '../database/database.ts'
import type { Dialect } from '../database/dialect.ts'
import { readReplacedFrom } from '../database/upgraded.ts'

/** Programs that know this step read a `program` without what the agent has not said. */
const STEP = 35

const replacedFrom = new WeakMap<Dialect, number>()

/**
 * How the program of an agent is stored at `now`. What the agent has not said is left out, because agents of the original say
 * nothing and each host would have the empty words; but not while a website of an earlier build may run, which expects them.
 */
export async function readProgramForm(
  transaction: Transaction,
  now: number,
): Promise<(program: AgentProgram) => string> {
  const { dialect } = transaction
  let from = replacedFrom.get(dialect)
  if (from === undefined) {
    from = await readReplacedFrom(transaction, STEP)
    replacedFrom.set(dialect, from)
  }
  return now < from ? JSON.stringify : writeProgram
}

/** Without what the agent has not said. */
export function writeProgram({ version, fingerprints, ...rest }: AgentProgram): string {
  return JSON.stringify({
    ...(version !== '' && { version }),
    ...(fingerprints.length > 0 && { fingerprints }),
    ...rest,
  })
}
