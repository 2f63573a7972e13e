import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openQueueFile } from '../../agent/queue/queue-damage.ts'
import { noteFileOf } from '../../agent/queue/queue-note.ts'
import { RESTARTS_FILES } from '../../agent/restart-count.ts'
import { DELIVERY_STATUS_FILE } from '../../agent/sending/delivery-status.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { CommandError, EXIT } from '../../lib/exit-codes.ts'
import { createLog, describeError } from '../../lib/log.ts'
import { readShortName } from '../../platform/machine.ts'
import { QUEUE_FILE } from '../agent.ts'
import { findEnrolledServer } from './enrolled-server.ts'
import { openDataDir, replaceAgentKey } from './first-start.ts'

/** The suffix of the queue that is set aside. */
const ASIDE = '.copied'

/**
 * `monitor agent --new-identity`: makes another agent of one whose data folder was copied from another machine.
 * It gets a key and a queue of its own. The queue of before, which may hold what the other machine sends too,
 * is kept beside it. Throws when the agent runs.
 */
export function giveNewIdentity({ config, file }: LoadedConfig, print: (text: string) => void): number {
  const { dataDir, agent } = config
  openDataDir(dataDir)
  const queue = join(dataDir, QUEUE_FILE)
  const hadQueue = existsSync(queue)
  if (hadQueue) {
    refuseRunning(queue, config.log)
    for (const suffix of ['', '-wal', '-shm']) {
      rmSync(`${queue}${ASIDE}${suffix}`, { force: true })
      if (existsSync(queue + suffix)) renameSync(queue + suffix, `${queue}${ASIDE}${suffix}`)
    }
  }
  rmSync(noteFileOf(queue), { force: true })
  rmSync(join(dataDir, DELIVERY_STATUS_FILE), { force: true })
  // Services and containers of the other machine are not ours.
  for (const name of Object.values(RESTARTS_FILES)) rmSync(join(dataDir, name), { force: true })
  replaceAgentKey(dataDir)
  const name = agent.name ?? readShortName()
  const lines = [`This agent has a key of its own now and reports as "${name}".`]
  if (hadQueue) lines.push(`What it had not sent is kept in ${queue}${ASIDE}.`)
  lines.push(
    `If the other machine is called so too, give this one another name: agent.name in ${file ?? 'the configuration'}.`,
  )
  if (findEnrolledServer(dataDir) !== null)
    lines.push('It was enrolled with a code: start it once with --enroll and a new one.')
  print(lines.join('\n'))
  return EXIT.ok
}

/** Whoever has the queue open is at work with the identity. */
function refuseRunning(queue: string, log: LoadedConfig['config']['log']): void {
  try {
    openQueueFile(queue, createLog(log)).file.close()
  } catch (error) {
    throw new CommandError(
      `stop the agent first: its queue ${queue} can not be opened (${describeError(error)})`,
    )
  }
}
