import { Database } from 'bun:sqlite'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { FastSender } from './fast-sender.ts'
import type { Line } from './line.ts'
import { HAS_FAKETIME, type Part, runOnServer } from './parts.ts'
import type { Random } from './random.ts'
import type { Receiver, ReceiverMode } from './receiver.ts'

export type World = {
  readonly folder: string
  readonly server: Part
  readonly agents: readonly Part[]
  readonly line: Line
  readonly sender: FastSender
  readonly receiver: Receiver
  readonly random: Random
  /** Null for SQLite. */
  readonly databaseUrl: string | null
  /** Holds the database server, where there is one. */
  readonly holdDatabase: ((isHeld: boolean) => Promise<void>) | null
  /** Whether the server's folder has a small disk of its own that can be filled. */
  readonly hasSmallDisk: boolean
  readonly note: (text: string) => void
}

/** A fault lasts for a while and is over when it resolves: what comes after it finds all parts running. */
export type Fault = (world: World) => Promise<void>

const seconds = (world: World, least: number, most: number) =>
  Bun.sleep(least * 1000 + world.random.below((most - least) * 1000 + 1))

const JUMPS = [-2 * 86_400, -3600, -1200, -90, 1200, 3600, 2 * 86_400, 450 * 86_400] as const

const killServer: Fault = async (world) => {
  await world.server.end('SIGKILL')
  await seconds(world, 0, 2)
  await world.server.start()
}

const holdServer: Fault = async (world) => {
  world.server.hold(true)
  await seconds(world, 1, 4)
  world.server.hold(false)
}

const killAgent: Fault = async (world) => {
  const agent = world.random.pick(world.agents)
  await agent.end('SIGKILL')
  await seconds(world, 0, 2)
  await agent.start()
}

const holdAgent: Fault = async (world) => {
  const agent = world.random.pick(world.agents)
  agent.hold(true)
  await seconds(world, 1, 4)
  agent.hold(false)
}

const breakLine: Fault = async (world) => {
  world.line.set(world.random.pick(['cut', 'swallow-answers', 'freeze'] as const))
  await seconds(world, 1, 5)
  world.line.set('open')
}

const jumpServerClock: Fault = async (world) => {
  const ahead = world.random.pick(JUMPS)
  world.note(`by ${ahead} s`)
  world.server.setClock(ahead)
  await seconds(world, 2, 6)
  world.server.setClock(0)
}

/** Also at a start, where nothing tells that the clock has jumped. */
const startServerWithWrongClock: Fault = async (world) => {
  const ahead = world.random.pick(JUMPS)
  world.note(`by ${ahead} s`)
  await world.server.end('SIGTERM')
  world.server.setClock(ahead)
  await world.server.start()
  await seconds(world, 2, 5)
  world.server.setClock(0)
}

const jumpAgentClock: Fault = async (world) => {
  const agent = world.random.pick(world.agents)
  const ahead = world.random.pick(JUMPS)
  world.note(`${agent.name} by ${ahead} s`)
  agent.setClock(ahead)
  await seconds(world, 2, 6)
  agent.setClock(0)
}

const lockDatabase: Fault = async (world) => {
  if (world.holdDatabase !== null) {
    await world.holdDatabase(true)
    await seconds(world, 1, 4)
    await world.holdDatabase(false)
    return
  }
  const database = new Database(join(world.server.folder, 'monitor.db'))
  database.run('PRAGMA busy_timeout = 5000')
  try {
    database.run('BEGIN IMMEDIATE')
    await seconds(world, 1, 5)
    database.run('ROLLBACK')
  } finally {
    database.close()
  }
}

const fillDisk: Fault = async (world) => {
  if (!world.hasSmallDisk) return
  const file = join(world.server.folder, 'filler')
  const { bavail, bsize } = statfsSync(world.server.folder)
  try {
    writeFileSync(file, new Uint8Array(bavail * bsize))
  } catch {
    // That it is full is what was wanted.
  }
  await seconds(world, 1, 4)
  rmSync(file, { force: true })
}

const damageQueue: Fault = async (world) => {
  const agent = world.random.pick(world.agents)
  await agent.end('SIGKILL')
  const file = join(agent.folder, 'queue.db')
  if (existsSync(file)) {
    const { size } = statSync(file)
    const handle = openSync(file, 'r+')
    const byte = new Uint8Array(1)
    for (let i = 0; i < 8; i++) {
      const at = 4096 + world.random.below(Math.max(1, size - 4096))
      readSync(handle, byte, 0, 1, at)
      byte[0] = (byte[0] ?? 0) ^ (1 << world.random.below(8))
      writeSync(handle, byte, 0, 1, at)
    }
    closeSync(handle)
  }
  await agent.start()
}

/** Its event is open, and must be so again. */
const deleteHost: Fault = async (world) => {
  const agent = world.random.pick(world.agents)
  world.note(agent.name)
  await runOnServer(world.server, ['host', 'delete', agent.name], world.databaseUrl).catch((error: unknown) =>
    world.note(String(error)),
  )
}

/** What was acknowledged since the backup is lost with the database; the sender tells it again. */
const restoreBackup: Fault = async (world) => {
  if (world.databaseUrl !== null) return
  const { sender, server } = world
  const backup = join(world.folder, 'backup.db')
  rmSync(backup, { force: true })
  const before = new Map(sender.hosts.map(({ name, acknowledged }) => [name, new Set(acknowledged)]))
  const events = sender.events.length
  await runOnServer(server, ['db', 'backup', backup], null)
  await seconds(world, 1, 3)
  await server.end('SIGTERM')
  await runOnServer(server, ['db', 'restore', backup], null)
  const lost = sender.hosts.map(({ name, acknowledged }) => {
    const kept = before.get(name)
    return [name, new Set([...acknowledged].filter((time) => kept?.has(time) !== true))] as const
  })
  await server.start()
  sender.sendAgain(new Map(lost))
  // The server can know nothing of what began and ended in between.
  sender.excuse(sender.events.splice(events))
}

const troubleReceiver: Fault = async (world) => {
  const mode = world.random.pick<ReceiverMode>(['slow', 404, 401, 500, 'hang'])
  world.note(String(mode))
  world.receiver.set(mode)
  await seconds(world, 1, 4)
  world.receiver.set('well')
}

const CLOCKS: Readonly<Record<string, Fault>> = {
  'clock of the server jumps': jumpServerClock,
  'server starts with a wrong clock': startServerWithWrongClock,
  'clock of an agent jumps': jumpAgentClock,
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'server is killed': killServer,
  'server is held': holdServer,
  'agent is killed': killAgent,
  'agent is held': holdAgent,
  'line is broken': breakLine,
  'database is locked': lockDatabase,
  'disk is full': fillDisk,
  'queue of an agent is damaged': damageQueue,
  'host is deleted': deleteHost,
  'backup is restored': restoreBackup,
  'receiver is in trouble': troubleReceiver,
  ...(HAS_FAKETIME && CLOCKS),
}

/** A small disk of its own for the server, where we may mount one. */
export function mountSmallDisk(folder: string): boolean {
  if (process.getuid?.() !== 0) return false
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=192m', 'tmpfs', folder]).status === 0
}

export const unmount = (folder: string) => spawnSync('umount', ['-l', folder])
