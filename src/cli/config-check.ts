import { existsSync, realpathSync } from 'node:fs'
import { ConfigError, type ConfigProblem, describeProblem } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import { countsFor } from '../config/role-sections.ts'
import { listImpossible, suggestNearest } from '../domain/thresholds/unmatched.ts'
import { describeError } from '../lib/log.ts'
import { findObstacle, type ReadingUser } from '../platform/file-access.ts'
import { listParts, type RegisteredRole } from '../service/registered.ts'
import { findCheckFileProblems } from './check-files.ts'

/** Roles that share one configuration file. */
export type ConfigUse = {
  readonly roles: readonly RegisteredRole[]
  /** Null reads what a command without `--config` would read. */
  readonly file: string | null
}

export type ConfigCheck = {
  readonly load: (file: string | null) => LoadedConfig
  /** The account of a service; null when it can't be found out, or only by an administrator. */
  readonly findReader: (user: string) => Promise<ReadingUser | null>
  readonly print: (text: string) => void
}

/** By configuration file, in the order of the roles. */
export function groupByFile(roles: readonly RegisteredRole[]): ConfigUse[] {
  return [...Map.groupBy(roles, ({ configFile }) => configFile)].map(([file, members]) => ({
    file,
    roles: members,
  }))
}

/** Prints each file that is sound. Throws `ConfigError` with the mistakes of all of them. */
export async function checkConfigs(
  uses: readonly ConfigUse[],
  { load, findReader, print }: ConfigCheck,
): Promise<void> {
  const problems: ConfigProblem[] = []
  for (const { file, roles } of uses) {
    const found: ConfigProblem[] = []
    const names = roles.map(({ role }) => role).join(', ')
    try {
      const loaded = load(file)
      found.push(...findMissing(loaded, roles))
      for (const role of roles) found.push(...(await findUnreadable(loaded, role, findReader)))
      for (const warning of await listWarnings(loaded, roles, findReader)) print(`Warning: ${warning}`)
      if (found.length === 0)
        print(
          `${loaded.file ?? 'No file, defaults only'}${names === '' ? '' : ` (${names})`}: the configuration is sound.`,
        )
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      found.push(...error.problems)
    }
    problems.push(...found)
  }
  if (problems.length > 0) throw new ConfigError(unique(problems))
}

/**
 * Settings that an agent starts with, though some of what they ask for can't be done: a threshold that no metric can
 * ever match, a check whose file is missing.
 */
async function listWarnings(
  loaded: LoadedConfig,
  roles: readonly RegisteredRole[],
  findReader: ConfigCheck['findReader'],
): Promise<string[]> {
  const { config, origins, file } = loaded
  const watching = roles.find((role) => listParts(role).includes('agent'))
  if (roles.length > 0 && watching === undefined) return []
  const where = origins.get('agent.threshold') ?? file ?? 'configuration'
  const unmatched = listImpossible(config.agent.threshold).map(
    (found) =>
      `${where}: agent.threshold: metric "${found.pattern}" matches nothing that an agent reports${suggestNearest(found)}`,
  )
  const names = config.agent.check.map(({ name }) => name)
  const ofNoCheck = config.agent.threshold.flatMap(({ metric }) => {
    const name = /^perf\.check\.([\w-]+)\./.exec(metric)?.[1]
    return name === undefined || names.includes(name)
      ? []
      : [
          `${where}: agent.threshold: metric "${metric}" matches nothing: there is no check with the name ${name}`,
        ]
  })
  const reader = watching === undefined ? null : await findReader(watching.user)
  const account = watching === undefined || reader === null ? null : { user: watching.user, reader }
  const ofChecks = await findCheckFileProblems(loaded, account)
  return [...unmatched, ...ofNoCheck, ...ofChecks.map(describeProblem)]
}

/** Two roles of one account share their problems. */
const unique = (problems: readonly ConfigProblem[]) => [
  ...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values(),
]

function listNamed({ named }: LoadedConfig, roles: readonly RegisteredRole[]) {
  if (roles.length === 0) return named
  const parts = roles.flatMap(listParts)
  return named.filter(({ key }) => countsFor(key, parts))
}

const FOLDERS: ReadonlySet<string> = new Set(['agent.text_files', 'agent.host_root'])

function findMissing(loaded: LoadedConfig, roles: readonly RegisteredRole[]): ConfigProblem[] {
  return listNamed(loaded, roles)
    .filter(({ file }) => !existsSync(file))
    .map(({ key, file }) => ({
      where: loaded.origins.get(key.replace(/_file$/, '')) ?? loaded.origins.get(key) ?? 'configuration',
      key,
      value: file,
      expected: FOLDERS.has(key) ? 'expected a folder that is there' : 'expected a file that is there',
    }))
}

/** An administrator can read everything: what counts is the account that the service runs as. */
async function findUnreadable(
  loaded: LoadedConfig,
  registered: RegisteredRole,
  findReader: ConfigCheck['findReader'],
): Promise<ConfigProblem[]> {
  const reader = await findReader(registered.user)
  if (reader === null) return []
  const own = loaded.file === null ? [] : [{ key: null, file: loaded.file }]
  return [...own, ...listNamed(loaded, [registered])].flatMap(({ key, file }) => {
    const expected = describeObstacle(file, registered, reader)
    return expected === null
      ? []
      : [{ where: loaded.file ?? 'configuration', key, ...(key !== null && { value: file }), expected }]
  })
}

function describeObstacle(file: string, { user, role }: RegisteredRole, reader: ReadingUser): string | null {
  if (!existsSync(file)) return null
  try {
    const obstacle = findObstacle(file, reader)
    if (obstacle === null) return null
    const problem = `the user ${user} of monitor-${role} can't read it`
    // Nobody should open a folder such as /root for the sake of one file in it.
    return obstacle === realpathSync(file)
      ? `${problem}: chgrp ${user} ${obstacle} && chmod g+r ${obstacle}`
      : `${problem} because of the folder ${obstacle}: keep it in one that this user may enter, such as /etc/monitor`
  } catch (error) {
    return `can't be looked at: ${describeError(error)}`
  }
}
