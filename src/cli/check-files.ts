import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { findForeignWriter } from '../agent/checks/file-safety.ts'
import { readAuthorities } from '../agent/checks/service-check.ts'
import type { ConfigProblem } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import { describeError } from '../lib/log.ts'
import { findObstacle, type ReadingUser } from '../platform/file-access.ts'

/** The account that the agent runs as. */
export type AgentAccount = { readonly user: string; readonly reader: ReadingUser }

/**
 * What is wrong with the files that checks of the agent refer to: each is a check that fails, while the agent and the
 * other checks go on. Rights are looked at where the account of the agent is known.
 */
export async function findCheckFileProblems(
  { config, origins, file }: LoadedConfig,
  account: AgentAccount | null,
): Promise<ConfigProblem[]> {
  const where = origins.get('agent.check') ?? file ?? 'configuration'
  const problems: ConfigProblem[] = []
  for (const [i, { kind, caFile, command }] of config.agent.check.entries()) {
    const note = (key: string, value: string, expected: string | null) => {
      if (expected !== null)
        problems.push({ where, key: `agent.check[${i + 1}].${key}`, value, expected: `expected ${expected}` })
    }
    const [program] = command
    if (caFile !== null) note('ca_file', caFile, await findAuthorityFault(caFile, account))
    if (kind === 'script' && program !== undefined) {
      note('command', program, await findProgramFault(program, account))
      if (file !== null && account !== null) {
        const danger = await findForeignWriter(file, account.reader.uid)
        if (danger !== null)
          note('command', program, `a configuration that nobody else may change: ${danger}`)
      }
    }
  }
  return problems
}

async function findAuthorityFault(file: string, account: AgentAccount | null): Promise<string | null> {
  if (!existsSync(file) || !statSync(file).isFile()) return 'a file that is there'
  const obstacle = account === null ? null : findObstacle(file, account.reader)
  if (obstacle !== null) return `a file that the user ${account?.user} can read, which ${obstacle} prevents`
  // What this user may not read is not known.
  if (isHiddenFromUs(file)) return null
  return readAuthorities(file).then(
    () => null,
    (error: unknown) => `a file with certificates in PEM: ${describeError(error)}`,
  )
}

function isHiddenFromUs(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return false
  } catch {
    return true
  }
}

const EXECUTABLE = 0o111

/** Says the same as the agent says when it does not run a program. */
async function findProgramFault(file: string, account: AgentAccount | null): Promise<string | null> {
  if (!existsSync(file) || !statSync(file).isFile()) return 'a program that is there'
  if (process.platform === 'linux' && (statSync(file).mode & EXECUTABLE) === 0)
    return 'a program that may be executed'
  const obstacle = account === null ? null : findObstacle(file, account.reader)
  if (obstacle !== null && obstacle !== realpathSync(file))
    return `a program in a folder that the user ${account?.user} may enter, which ${obstacle} prevents`
  // Where the account is not known it may be the owner of the file, but nobody else.
  const danger = await findForeignWriter(file, account?.reader.uid ?? statSync(file).uid)
  return danger === null ? null : `a program that nobody else may change: ${danger}`
}
