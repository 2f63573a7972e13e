import { closeSync, constants, openSync, readSync } from 'node:fs'

/**
 * Files of the kernel that are always there, and are the same one for as long as it runs: they are opened once. Between
 * two cycles all that opening touches has left the caches of the processor, so that it costs as much as reading.
 */
const KEPT = new Set([
  '/proc/stat',
  '/proc/meminfo',
  '/proc/vmstat',
  '/proc/loadavg',
  '/proc/uptime',
  '/proc/diskstats',
  '/proc/net/dev',
  '/proc/net/snmp',
  '/proc/self/mountinfo',
  '/proc/sys/fs/file-nr',
  '/proc/pressure/cpu',
  '/proc/pressure/memory',
  '/proc/pressure/io',
])

const FIRST_SIZE = 64 * 1024

/** Null for one that can't be kept open: not there, or something else in its place, such as a pipe. */
const handles = new Map<string, number | null>()
let buffer = Buffer.alloc(0)

/** The text of such a file; null for any other, which is to be opened each time. */
export function readKept(path: string): string | null {
  if (!KEPT.has(path)) return null
  let handle = handles.get(path)
  if (handle === null) return null
  try {
    handle ??= openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    handles.set(path, handle)
    return readAll(handle)
  } catch {
    if (handle !== undefined) closeSync(handle)
    handles.set(path, null)
    return null
  }
}

/** A table may come in several pieces, each of whole lines. */
function readAll(handle: number): string {
  if (buffer.length === 0) buffer = Buffer.alloc(FIRST_SIZE)
  let length = 0
  for (;;) {
    const read = readSync(handle, buffer, length, buffer.length - length, length)
    if (read === 0) return buffer.toString('utf8', 0, length)
    length += read
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)])
  }
}
