import { enrol } from '../../agent/sending/enrolment.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { systemClock } from '../../lib/clock.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { describeError } from '../../lib/log.ts'
import { readMachineName, readShortName } from '../../platform/machine.ts'
import { decodeEnrolmentCode } from '../../protocol/enrolment-code.ts'
import { openMachineFiles } from '../machine-files.ts'
import {
  findEnrolledServer,
  invitedAddress,
  keepEnrolledServer,
  toEnrolledServer,
} from './enrolled-server.ts'
import { keepAgentKey, openDataDir } from './first-start.ts'

/**
 * Trades an enrolment code for the right to report as this host, and keeps in the data folder where the server
 * is and how it is known. False when this very code was traded before. Rejects when the code is none, or the
 * server can't be reached or refuses it.
 */
export async function enrolAgent(loaded: LoadedConfig, code: string): Promise<boolean> {
  const { dataDir, agent } = loaded.config
  const invitation = decodeEnrolmentCode(code)
  if (invitation === null)
    throw new CommandError('this is no enrolment code, or not all of one: it begins with mon1-', EXIT.usage)
  const server = toEnrolledServer(invitation)
  openDataDir(dataDir)
  if (findEnrolledServer(dataDir)?.code === server.code) return false
  const host =
    agent.name ?? (agent.hostRoot === null ? readShortName() : readMachineName(openMachineFiles(loaded)))
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
