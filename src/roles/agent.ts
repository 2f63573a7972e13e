import { join } from 'node:path'
import { startAgent } from '../agent/agent.ts'
import type { AgentOptions } from '../agent/agent-options.ts'
import { sampleOnce } from '../agent/sample-once.ts'
import type { CollectorAddress } from '../agent/sending/connect.ts'
import { DELIVERY_STATUS_FILE } from '../agent/sending/delivery-status.ts'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { systemClock, trackTimers } from '../lib/clock.ts'
import { EXIT } from '../lib/exit-codes.ts'
import { createLog, type Log } from '../lib/log.ts'
import { openBootClock } from '../platform/boot.ts'
import type { Platform } from '../platform/platform.ts'
import { findServers, toServerAddress } from './collector-endpoints.ts'
import { sleepWhileIdle } from './idle-wait.ts'
import { openMachineFiles } from './machine-files.ts'
import { limitMemory } from './memory-tuning.ts'
import { RestartableAgent } from './restartable-agent.ts'
import { type RoleContext, runRole } from './role.ts'
import { enrolAgent } from './setup/enrol-agent.ts'
import { findEnrolledServer } from './setup/enrolled-server.ts'
import { findPassphrase, keepAgentKey, openDataDir } from './setup/first-start.ts'

/** In the data folder. */
export const QUEUE_FILE = 'agent-queue.db'

/**
 * `monitor agent`. An enrolment code is traded first, unless it already was. Throws `ConfigError` when no
 * server or no way to be let in is configured.
 */
export async function runAgent(loaded: LoadedConfig, code: string | null = null): Promise<never> {
  const { config } = loaded
  if (code !== null) await enrolAgent(loaded, code)
  const findAccess = (wanted: Config) => findConfiguredAccess(wanted, loaded.file ?? 'configuration')
  // Missing settings are reported before anything is started.
  await findAccess(config)
  const clock = trackTimers(systemClock)
  return runRole('agent', { loaded, parts: ['agent'], clock }, async (context) => {
    const { log, stopping } = context
    const memory = limitMemory(clock, log, config.agent.interval)
    const agent = await start(loaded, findAccess, context, () => memory.noteCycle())
    await sleepWhileIdle({ clock, log, isBusy: () => agent.isBusy, stopping })
  })
}

/** The servers of an agent, and how it proves itself there. */
type AgentAccess = { readonly servers: readonly CollectorAddress[]; readonly passphrase: string | null }

async function findConfiguredAccess(config: Config, where: string): Promise<AgentAccess> {
  const enrolled = findEnrolledServer(config.dataDir)
  const configured = await findServers(config.agent)
  const servers =
    configured.length === 0 && enrolled !== null
      ? [await toServerAddress(enrolled, config.agent)]
      : configured
  const passphrase = config.agent.passphrase ?? findPassphrase(config.dataDir)
  const problems = []
  if (servers.length === 0)
    problems.push({ where, key: 'agent.server', expected: 'expected at least one "host:port" to send to' })
  if (passphrase === null && enrolled === null)
    problems.push({
      where,
      key: 'agent.passphrase',
      expected: "expected the server's passphrase, or an agent that was enrolled by a code (--enroll)",
    })
  if (problems.length > 0) throw new ConfigError(problems)
  return { servers, passphrase }
}

/** The agent inside the server, for the machine that it runs on. */
export async function startLocalAgent(
  loaded: LoadedConfig,
  findAccess: (config: Config) => { readonly server: CollectorAddress; readonly passphrase: string | null },
  context: RoleContext,
): Promise<void> {
  const find = async (config: Config) => {
    const { server, passphrase } = findAccess(config)
    return { servers: [server], passphrase }
  }
  await start(loaded, find, context)
}

/** `monitor agent --once`. */
export async function printOnce(loaded: LoadedConfig, print: (text: string) => void): Promise<number> {
  const context = { clock: systemClock, log: createLog(loaded.config.log) }
  const platform = await openPlatform(loaded, context.log)
  const options = describeAgent(loaded, platform, context, { servers: [], passphrase: '' })
  // Whoever calls this is not the service, whose files are to stay its own.
  const sample = await sampleOnce({ ...options, restartsFolder: null })
  closePlatform(platform)
  print(JSON.stringify(sample, null, 2))
  return EXIT.ok
}

async function start(
  loaded: LoadedConfig,
  findAccess: (config: Config) => Promise<AgentAccess>,
  context: RoleContext,
  onCycle: () => void = () => {},
): Promise<RestartableAgent<Config>> {
  const { dataDir } = loaded.config
  openDataDir(dataDir)
  const key = keepAgentKey(dataDir)
  const platform = await openPlatform(loaded, context.log)
  context.own('platform', async () => closePlatform(platform))
  const bootClock = openBootClock()
  const agent = new RestartableAgent(async (config: Config, following) => {
    const { servers, passphrase } = await findAccess(config)
    const wanted = { ...loaded, config }
    const machine = aimAt(wanted, platform)
    const options = describeAgent(wanted, machine, context, { servers, passphrase })
    return () => startAgent({ ...options, ...following, key, bootClock, onCycle })
  }, context.log)
  await agent.start(loaded.config)
  context.own('agent', () => agent.stop())
  context.onReload({
    part: 'agent',
    keys: ['agent.', 'collect.passphrase'],
    act: (wanted) => agent.reload({ ...wanted, dataDir }),
  })
  return agent
}

/** The one place that asks on which system we are. The code for Windows is loaded only there. */
async function openPlatform(loaded: LoadedConfig, log: Log): Promise<Platform> {
  if (process.platform !== 'win32') return { system: 'linux', proc: openMachineFiles(loaded) }
  const { openWin32 } = await import('../platform/win32/open.ts')
  return { system: 'windows', win32: openWin32(log) }
}

/** The same platform with the files of the machine that the configuration names. */
function aimAt(loaded: LoadedConfig, platform: Platform): Platform {
  return platform.system === 'linux' ? { ...platform, proc: openMachineFiles(loaded) } : platform
}

function closePlatform(platform: Platform): void {
  if (platform.system === 'windows') platform.win32.close()
}

function describeAgent(
  { config: { dataDir, agent }, file }: LoadedConfig,
  platform: Platform,
  { clock, log }: Pick<RoleContext, 'clock' | 'log'>,
  {
    servers,
    passphrase,
  }: { readonly servers: readonly CollectorAddress[]; readonly passphrase: string | null },
): AgentOptions {
  const { name, groups, interval, queueAge, queueSize, processes, services, threshold, defaultThresholds } =
    agent
  return {
    servers,
    passphrase,
    key: null,
    name,
    groups,
    interval,
    queueAge,
    queueBytes: queueSize,
    queueFile: join(dataDir, QUEUE_FILE),
    statusFile: join(dataDir, DELIVERY_STATUS_FILE),
    restartsFolder: dataDir,
    processes,
    services,
    checks: agent.check,
    containers: agent.containers,
    textFiles: agent.textFiles,
    configFile: file,
    maxMetrics: agent.maxMetrics,
    thresholds: threshold,
    hostRoot: agent.hostRoot ?? '',
    networkFilesystems: agent.networkFilesystems,
    hasDefaultThresholds: defaultThresholds,
    platform,
    clock,
    log,
  }
}
