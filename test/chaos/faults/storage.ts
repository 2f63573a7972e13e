import { Database } from 'bun:sqlite'
import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Fault, seconds } from './harness.ts'

export const STORAGE: Readonly<Record<string, Fault>> = {
  'database is locked': {
    async run(harness) {
      if (harness.database !== null) {
        await harness.database.hold(true)
        await seconds(harness, 1, 4)
        await harness.database.hold(false)
        return
      }
      const database = new Database(join(harness.server.folder, 'monitor.db'))
      database.run('PRAGMA busy_timeout = 5000')
      try {
        database.run('BEGIN IMMEDIATE')
        await seconds(harness, 1, 5)
        database.run('ROLLBACK')
      } finally {
        database.close()
      }
    },
  },
  'database server is killed': {
    isPossible: ({ database }) => database !== null,
    run: async ({ database, random }) => database?.crash(random.below(2000)),
  },
  'disk is full': {
    isPossible: ({ hasSmallDisk }) => hasSmallDisk,
    async run(harness) {
      const file = join(harness.server.folder, 'filler')
      const { bavail, bsize } = statfsSync(harness.server.folder)
      try {
        writeFileSync(file, new Uint8Array(bavail * bsize))
      } catch {
        // A full disk is what this fault wants.
      }
      await seconds(harness, 1, 4)
      rmSync(file, { force: true })
    },
  },
}

/** A small disk of its own for the server, where we may mount one. */
export function mountSmallDisk(folder: string): boolean {
  if (process.getuid?.() !== 0) return false
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=192m', 'tmpfs', folder]).status === 0
}

export const unmount = (folder: string) => spawnSync('umount', ['-l', folder])
