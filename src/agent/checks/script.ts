import type { CheckSettings } from '../../domain/check.ts'
import type { CheckContext } from './context.ts'
import { findForeignWriter } from './file-safety.ts'
import { type CheckOutcome, outcome } from './outcome.ts'
import { readPluginOutput } from './plugin-output.ts'
import { runProgram } from './run-program.ts'

/** Exit code of plugins for an unknown state. */
export const EXIT_UNKNOWN = 3

const EXIT_WORDS: Readonly<Record<number, string>> = { 1: 'warning', 2: 'critical', 3: 'unknown' }

/**
 * Runs a plugin. Who could change it, or the file that names it, could run what they like as our user: then
 * nothing runs.
 */
export async function checkScript(
  { command }: CheckSettings,
  { clock, signal }: CheckContext,
  configFile: string | null,
): Promise<CheckOutcome> {
  const uid = process.getuid?.()
  if (uid === undefined) throw new Error('scripts run on Linux only')
  for (const file of [command[0] ?? '', ...(configFile === null ? [] : [configFile])]) {
    const danger = await findForeignWriter(file, uid)
    if (danger !== null) throw new Error(`not run: ${danger}`)
  }
  const beganMs = clock.monotonicMs()
  const { exit, output } = await runProgram(command, signal, clock)
  const milliseconds = clock.monotonicMs() - beganMs
  const { text, values, omitted } = readPluginOutput(output)
  return outcome({
    exit,
    milliseconds,
    values,
    omitted,
    failure: exit === 0 ? null : describeFailure(exit, text),
  })
}

function describeFailure(exit: number, text: string): string {
  const words = EXIT_WORDS[exit]
  const ending = `exit code ${exit}${words === undefined ? '' : ` (${words})`}`
  return text === '' ? ending : `${text}; ${ending}`
}
