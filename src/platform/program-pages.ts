import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { findLastingCalls } from '../lib/libc/open-libc.ts'

/** From asm-generic/mman-common.h. */
const MADV_DONTNEED = 4

const PAGE = 4096n

export type MemoryRange = { readonly start: bigint; readonly length: bigint }

/**
 * Finds the pages of this program's and its libraries' files, of which the start needs more than the rest of the run.
 * The returned function gives them back and returns their bytes; it may be called again. Pages that are still needed
 * come back from the kernel's cache when they are next used. Only pages that are never written to are touched: code,
 * constants, and the modules that Bun has put into the executable. Throws where the system does not list them, or
 * refuses.
 */
export function openProgramPages(): () => number {
  const maps = parseMaps(readFileSync('/proc/self/maps', 'utf8'))
  const ranges = [...findReadOnly(maps), ...findModules(maps, process.execPath)].filter(isUnwritten)
  const { madvise } = findLastingCalls()
  const bytes = Number(ranges.reduce((sum, { length }) => sum + length, 0n))
  return () => {
    for (const { start, length } of ranges)
      if (madvise(start, length, MADV_DONTNEED) !== 0)
        throw new Error('madvise refuses to give back pages of the program')
    return bytes
  }
}

type Mapping = MemoryRange & { readonly rights: string; readonly file: string }

/** Mappings of files that are still there, of the text of proc_pid_maps(5). */
export function parseMaps(text: string): Mapping[] {
  return text.split('\n').flatMap((line) => {
    const [, from, to, rights = '', file = ''] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ +(\/.*)$/.exec(line) ?? []
    if (file === '' || file.endsWith(' (deleted)')) return []
    const start = BigInt(`0x${from}`)
    return [{ start, length: BigInt(`0x${to}`) - start, rights, file }]
  })
}

export const findReadOnly = (maps: readonly Mapping[]): MemoryRange[] =>
  maps.filter(({ rights }) => /^r-[-x]p$/.test(rights))

/**
 * Whole pages of the section in which a compiled program has its modules. It is mapped together with
 * variables, so it is writable, although nothing writes to it.
 */
function findModules(maps: readonly Mapping[], program: string): MemoryRange[] {
  const section = findSection(program, '.bun')
  if (section === null) return []
  const first = (section.start + PAGE - 1n) & ~(PAGE - 1n)
  const last = (section.start + section.length) & ~(PAGE - 1n)
  return maps
    .filter(({ file, rights }) => file === program && rights === 'rw-p')
    .map((mapping) => {
      const start = mapping.start > first ? mapping.start : first
      const end = mapping.start + mapping.length < last ? mapping.start + mapping.length : last
      return { start, length: end - start }
    })
    .filter(({ length }) => length > 0n)
}

/** Of an entry in /proc/self/pagemap: the page is in memory, in swap, the file's own and not a changed copy. */
const [PRESENT, SWAPPED, OF_FILE] = [1n << 63n, 1n << 62n, 1n << 61n]

function isUnwritten({ start, length }: MemoryRange): boolean {
  const entries = new BigUint64Array(Number(length / PAGE))
  const bytes = new Uint8Array(entries.buffer)
  const handle = openSync('/proc/self/pagemap', 'r')
  try {
    const read = readSync(handle, bytes, 0, bytes.length, Number((start / PAGE) * 8n))
    return (
      read === bytes.length &&
      entries.every((entry) => (entry & SWAPPED) === 0n && (entry & (PRESENT | OF_FILE)) !== PRESENT)
    )
  } finally {
    closeSync(handle)
  }
}

/** Offsets in the header of an ELF file of 64 bits, and in that of a section. */
const HEADER = { sections: 40, sectionSize: 58, sectionCount: 60, names: 62, length: 64 } as const
const SECTION = { name: 0, address: 16, offset: 24, size: 32 } as const

/** The place in memory of a section of an ELF file; null when it has no section with this name. */
export function findSection(file: string, name: string): MemoryRange | null {
  const handle = openSync(file, 'r')
  const read = (at: number, length: number) => {
    const bytes = Buffer.alloc(length)
    readSync(handle, bytes, 0, length, at)
    return bytes
  }
  try {
    const header = read(0, HEADER.length)
    const size = header.readUInt16LE(HEADER.sectionSize)
    const count = header.readUInt16LE(HEADER.sectionCount)
    const sections = read(Number(header.readBigUInt64LE(HEADER.sections)), size * count)
    const sectionOf = (i: number) => sections.subarray(i * size, (i + 1) * size)
    const table = sectionOf(header.readUInt16LE(HEADER.names))
    const names = read(
      Number(table.readBigUInt64LE(SECTION.offset)),
      Number(table.readBigUInt64LE(SECTION.size)),
    )
    for (let i = 0; i < count; i++) {
      const section = sectionOf(i)
      const at = section.readUInt32LE(SECTION.name)
      if (names.toString('latin1', at, names.indexOf(0, at)) !== name) continue
      return {
        start: section.readBigUInt64LE(SECTION.address),
        length: section.readBigUInt64LE(SECTION.size),
      }
    }
    return null
  } finally {
    closeSync(handle)
  }
}
