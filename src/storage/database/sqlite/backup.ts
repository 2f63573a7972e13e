import { Database as Connection } from 'bun:sqlite'
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { SCHEMA_VERSION } from '../migrations.ts'
import { readOnce } from './read-once.ts'
import { type SqliteDatabase, syncPath } from './sqlite.ts'

/**
 * Writes a copy as of one moment, opened and checked before it gets its name. Other processes read and write
 * meanwhile; this thread does nothing else until the copy is made.
 */
export async function backUp(database: SqliteDatabase, file: string): Promise<void> {
  if (existsSync(file)) throw new Error(`${file} exists already: a backup is never written over`)
  const partial = `${file}.partial`
  rmSync(partial, { force: true })
  try {
    // Its rights are narrow before there is anything in it; VACUUM INTO takes an empty file.
    closeSync(openSync(partial, 'ax', 0o600))
    database.readAlone((connection) => connection.run('VACUUM INTO ?', [partial]))
    verifyBackup(partial)
    syncPath(partial)
    renameSync(partial, file)
    syncPath(dirname(file))
  } catch (cause) {
    rmSync(partial, { force: true })
    throw new Error(`no backup was written to ${file}`, { cause })
  }
}

/** Throws unless the file is a sound database of this program. Returns its schema. */
export function verifyBackup(file: string): number {
  const connection = new Connection(file, { readonly: true })
  try {
    const problems = listDamage(connection, file)
    if (problems[0] !== 'ok') throw new Error(`${file} is damaged: ${problems.slice(0, 3).join('; ')}`)
    const schema = readSchema(connection)
    if (schema === 0) throw new Error(`${file} is not a database of this program`)
    if (schema > SCHEMA_VERSION)
      throw new Error(`${file} has schema ${schema}, this program knows up to ${SCHEMA_VERSION}`)
    return schema
  } finally {
    connection.close()
  }
}

function listDamage(connection: Connection, file: string): unknown[] {
  try {
    return readOnce(connection, 'PRAGMA integrity_check').flat()
  } catch (cause) {
    throw new Error(`${file} is damaged, or no database`, { cause })
  }
}

function readSchema(connection: Connection): number {
  const tables = readOnce(
    connection,
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('migration', 'frame')`,
  )
  if (tables.length !== 2) return 0
  return Number(readOnce(connection, 'SELECT MAX(number) FROM migration')[0]?.[0] ?? 0)
}
