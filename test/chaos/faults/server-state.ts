import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runOnServer } from '../parts.ts'
import { type Fault, seconds } from './harness.ts'

export const SERVER_STATE: Readonly<Record<string, Fault>> = {
  // Its event is open, and must be open again.
  'host is deleted': {
    async run({ random, agents, server, database, note }) {
      const agent = random.pick(agents)
      note(agent.name)
      await runOnServer(server, ['host', 'delete', agent.name], database?.url ?? null).catch(
        (error: unknown) => note(String(error)),
      )
    },
  },
  // What was acknowledged since the backup is lost with the database; the sender sends it again.
  'backup is restored': {
    isPossible: ({ database }) => database === null,
    async run(harness) {
      const { sender, server, random, note } = harness
      const backup = join(harness.folder, 'backup.db')
      rmSync(backup, { force: true })
      const before = new Map(sender.hosts.map(({ name, acknowledged }) => [name, new Set(acknowledged)]))
      const events = sender.events.length
      await runOnServer(server, ['db', 'backup', backup], null)
      await seconds(harness, 1, 3)
      await server.end('SIGTERM')
      const isByHand = random.below(3) === 0
      note(isByHand ? 'copied by hand' : 'monitor db restore')
      if (isByHand) putInPlace(backup, join(server.folder, 'monitor.db'))
      else await runOnServer(server, ['db', 'restore', backup], null)
      const lost = sender.hosts.map(({ name, acknowledged }) => {
        const kept = before.get(name)
        return [name, new Set([...acknowledged].filter((time) => kept?.has(time) !== true))] as const
      })
      await server.start()
      sender.sendAgain(new Map(lost))
      // The server can know nothing of what began and ended in between.
      sender.excuse(sender.events.splice(events))
    },
  },
}

/** What an inexperienced administrator does. */
function putInPlace(backup: string, file: string) {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  copyFileSync(backup, file)
}
