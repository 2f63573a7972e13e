import type { Stats } from 'node:fs'
import { lstat, readlink, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

/** As many as the kernel follows; somebody may make them go round meanwhile. */
const MAX_LINKS = 40

/**
 * Names the account that could replace the content of a file, as a sentence; null when only root and `uid`,
 * the user that the agent runs as, could. Every folder and link on the way to it counts.
 */
export async function findForeignWriter(file: string, uid: number): Promise<string | null> {
  // Rejects for what is not there, and for links that go round.
  await realpath(file)
  // Its rights are no bits; scripts do not run there.
  if (process.platform === 'win32') return null
  const waiting = resolve(file).split('/')
  let writer: string | null = null
  let links = 0
  for (let path = '/', part: string | undefined = ''; part !== undefined; part = waiting.shift()) {
    const next = part === '..' ? dirname(path) : join(path, part)
    const state = await lstat(next)
    if (!state.isSymbolicLink()) {
      path = next
      writer = findWriterOf(next, state, uid) ?? writer
      continue
    }
    if (++links > MAX_LINKS) throw new Error(`${file}: too many links`)
    // Elsewhere its owner can't put another one in its place.
    const isInOpenFolder = ((await lstat(path)).mode & WRITABLE_BY_OTHERS) !== 0
    if (isInOpenFolder && state.uid !== 0 && state.uid !== uid) writer = describeOwner(next, state)
    const target = await readlink(next)
    if (target.startsWith('/')) path = '/'
    waiting.unshift(...target.split('/'))
  }
  return writer
}

function findWriterOf(path: string, state: Stats, uid: number): string | null {
  const { mode, gid } = state
  if (state.uid !== 0 && state.uid !== uid) return describeOwner(path, state)
  // In a folder such as /tmp a user can't replace the files of others.
  if (state.isDirectory() && (mode & STICKY) !== 0) return null
  if ((mode & WRITABLE_BY_OTHERS) !== 0) return `${path} is writable by others`
  if ((mode & WRITABLE_BY_GROUP) !== 0 && gid !== 0) return `${path} is writable by its group (${gid})`
  return null
}

const describeOwner = (path: string, { uid }: Stats) => `${path} belongs to another user (${uid})`
