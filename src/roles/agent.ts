import { join } from 'node:path'
import { type AgentOptions, sampleOnce, startAgent } from '../agent/agent.ts'
import type { ServerAddress } from '../agent/sending/connect.ts'
import { DELIVERY_STATUS_FILE } from '../agent/sending/delivery-status.ts'
import { enrol } from '../agent/sending/enrolment.ts'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import { systemClock } from '../lib/clock.ts'
import { CommandError, EXIT } from '../lib/exit-codes.ts'
import { createLog, describeError, type Log } from '../lib/log.ts'
import { readShortName } from '../platform/machine.ts'
import type { Platform } from '../platform/platform.ts'
import { openProcFs } from '../platform/proc.ts'
import { decodeEnrolmentCode } from '../protocol/enrolment-code.ts'
import { findServers, toServerAddress } from './collector-endpoints.ts'
import { limitMemory } from './memory-tuning.ts'
import { type RoleContext, runRole } from './role.ts'
import {
  findEnrolledServer,
  invitedAddress,
  keepEnrolledServer,
  toEnrolledServer,
} from './setup/enrolled-server.ts'
import { findPassphrase, keepAgentKey, openDataDir } from './setup/first-start.ts'

const COLLECT_EVERY_CYCLES = 15

/**
 * `monitor agent`. With an enrolment code it is traded first, unless it was already. Throws `ConfigError` when
 * nothing says where to send to or what lets the agent in.
 */
export async function runAgent(loaded: LoadedConfig, code: string | null = null): Promise<never> {
  const { config } = loaded
  if (code !== null) await enrolAgent(loaded, code)
  const enrolled = findEnrolledServer(config.dataDir)
  const configured = await findServers(config.agent)
  const servers =
    configured.length === 0 && enrolled !== null
      ? [await toServerAddress(enrolled, config.agent)]
      : configured
  const passphrase = config.agent.passphrase ?? findPassphrase(config.dataDir)
  const where = loaded.file ?? 'configuration'
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
  return runRole('agent', config.log, async (context) => {
    await start(loaded, servers, passphrase, context)
    limitMemory(context.clock, context.log, COLLECT_EVERY_CYCLES * config.agent.interval)
  })
}

/**
 * Trades an enrolment code for the right to report as this host, and keeps in the data folder where the server
 * is and how it is known. False when this very code was traded before. Rejects when the code is none, or the
 * server can't be reached or refuses it.
 */
export async function enrolAgent({ config }: LoadedConfig, code: string): Promise<boolean> {
  const { dataDir, agent } = config
  const invitation = decodeEnrolmentCode(code)
  if (invitation === null)
    throw new CommandError('this is no enrolment code, or not all of one: it begins with mon1-', EXIT.usage)
  const server = toEnrolledServer(invitation)
  openDataDir(dataDir)
  if (findEnrolledServer(dataDir)?.code === server.code) return false
  const host = agent.name ?? readShortName()
  const key = keepAgentKey(dataDir)
  try {
    await enrol({
      server: invitedAddress(invitation),
      secret: invitation.secret,
      key,
      host,
      clock: systemClock,
    })
  } catch (cause) {
    throw new CommandError(
      `"${host}" was not enrolled at ${invitation.host}:${invitation.port}: ${describeError(cause)}`,
    )
  }
  keepEnrolledServer(dataDir, server)
  return true
}

/** The agent inside the server, for the machine that it runs on. */
export function startLocalAgent(
  loaded: LoadedConfig,
  server: ServerAddress,
  passphrase: string | null,
  context: RoleContext,
): Promise<void> {
  return start(loaded, [server], passphrase, context)
}

/** `monitor agent --once`. */
export async function printOnce(loaded: LoadedConfig, print: (text: string) => void): Promise<number> {
  const context = { clock: systemClock, log: createLog(loaded.config.log) }
  const platform = await openPlatform(context.log)
  const sample = await sampleOnce(describeAgent(loaded, platform, [], '', context))
  closePlatform(platform)
  print(JSON.stringify(sample, null, 2))
  return EXIT.ok
}

async function start(
  loaded: LoadedConfig,
  servers: readonly ServerAddress[],
  passphrase: string | null,
  context: RoleContext,
): Promise<void> {
  const { dataDir } = loaded.config
  openDataDir(dataDir)
  const key = keepAgentKey(dataDir)
  const platform = await openPlatform(context.log)
  context.own('platform', async () => closePlatform(platform))
  const agent = await startAgent({ ...describeAgent(loaded, platform, servers, passphrase, context), key })
  context.own('agent', () => agent.stop())
}

/** The one place that asks on which system we are. The code for Windows is loaded only there. */
async function openPlatform(log: Log): Promise<Platform> {
  if (process.platform !== 'win32') return { system: 'linux', proc: openProcFs() }
  const { openWin32 } = await import('../platform/win32/open.ts')
  return { system: 'windows', win32: openWin32(log) }
}

function closePlatform(platform: Platform): void {
  if (platform.system === 'windows') platform.win32.close()
}

function describeAgent(
  { config: { dataDir, agent }, file }: LoadedConfig,
  platform: Platform,
  servers: readonly ServerAddress[],
  passphrase: string | null,
  { clock, log }: Pick<RoleContext, 'clock' | 'log'>,
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
    queueFile: join(dataDir, 'agent-queue.db'),
    statusFile: join(dataDir, DELIVERY_STATUS_FILE),
    processes,
    services,
    checks: agent.check,
    containers: agent.containers,
    textFiles: agent.textFiles,
    configFile: file,
    thresholds: threshold,
    networkFilesystems: agent.networkFilesystems,
    hasDefaultThresholds: defaultThresholds,
    platform,
    clock,
    log,
  }
}
