import { closeSync, constants, openSync, readSync } from 'node:fs'

/**
 * Files of the kernel that are always there, and are the same one for as long as it runs: they are opened once. Between
 * two cycles all that opening touches has left the caches of the processor, so that it costs as much as reading. The
 * kernel gives some as a whole, as far as the buffer holds it; tables may come in several pieces, each of whole
 * lines, of which those of `lines` are short.
 */
const KEPT: ReadonlyMap<string, TableForm> = new Map([
  ['/proc/stat', 'whole'],
  ['/proc/meminfo', 'whole'],
  ['/proc/vmstat', 'lines'],
  ['/proc/loadavg', 'whole'],
  ['/proc/uptime', 'whole'],
  ['/proc/diskstats', 'lines'],
  ['/proc/net/dev', 'lines'],
  ['/proc/net/snmp', 'whole'],
  ['/proc/self/mountinfo', 'table'],
  ['/proc/sys/fs/file-nr', 'whole'],
  ['/proc/sys/net/netfilter/nf_conntrack_count', 'whole'],
  ['/proc/sys/net/netfilter/nf_conntrack_max', 'whole'],
  ['/proc/pressure/cpu', 'whole'],
  ['/proc/pressure/memory', 'whole'],
  ['/proc/pressure/io', 'whole'],
])

type TableForm = 'whole' | 'lines' | 'table'

const FIRST_SIZE = 64 * 1024

/**
 * The kernel fills a page of its own with lines until the next one has no room: a piece of short lines that fills less
 * than half of it is the last, and asking for the end is spared.
 */
const FULL_PIECE = 2048

/** Null for one that can't be kept open: not there, or something else in its place, such as a pipe. */
const handles = new Map<string, number | null>()
let buffer = Buffer.alloc(0)

/** The text of such a file; null for any other, which is to be opened each time. */
export function readKept(path: string): string | null {
  const kind = KEPT.get(path)
  if (kind === undefined) return null
  let handle = handles.get(path)
  if (handle === null) return null
  try {
    handle ??= openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    handles.set(path, handle)
    return readAll(handle, kind)
  } catch {
    if (handle !== undefined) closeSync(handle)
    handles.set(path, null)
    return null
  }
}

function readAll(handle: number, kind: TableForm): string {
  if (buffer.length === 0) buffer = Buffer.alloc(FIRST_SIZE)
  let length = 0
  for (;;) {
    const read = readSync(handle, buffer, length, buffer.length - length, length)
    length += read
    const isLast =
      read === 0 || (kind === 'whole' && length < buffer.length) || (kind === 'lines' && read < FULL_PIECE)
    if (isLast) return buffer.toString('utf8', 0, length)
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)])
  }
}
