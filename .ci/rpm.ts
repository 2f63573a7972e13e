import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { ArchiveEntry } from './archive.ts'
import {
  listPackageFiles,
  type PackageOptions,
  REMOVE_UNITS,
  RENEW_UNITS,
  TELL_NEXT,
} from './package-files.ts'
import { RpmHeader } from './rpm-header.ts'

/** The number of packages that there are of one version. */
const RELEASE = '1'

/** `$1` counts the versions that are there afterwards: 1 at the first installation. */
const POST = `set -e
${RENEW_UNITS}if [ "$1" = 1 ]; then
${TELL_NEXT}fi
`

/** Configuration and data stay: rpm has no purging. */
const PREUN = `set -e
[ "$1" = 0 ] || exit 0
${REMOVE_UNITS}`

/** Flags of a dependency, as rpm numbers them. */
const EQUAL = 8
const FROM_RPM_ITSELF = 0x1000000 | 2 | EQUAL
const OF_SCRIPTS = 0x100 | 0x400 | 0x800
const SHA256 = 8

/** What rpm itself has to know, and what the program needs. */
const REQUIRES = [
  { name: '/bin/sh', flags: OF_SCRIPTS, version: '' },
  { name: 'libc.so.6()(64bit)', flags: 0, version: '' },
  { name: 'rpmlib(CompressedFileNames)', flags: FROM_RPM_ITSELF, version: '3.0.4-1' },
  { name: 'rpmlib(FileDigests)', flags: FROM_RPM_ITSELF, version: '4.6.0-1' },
  { name: 'rpmlib(PayloadFilesHavePrefix)', flags: FROM_RPM_ITSELF, version: '4.0-1' },
]

/** A package for Fedora, Red Hat, SUSE and their kin, made without root and without their tools; the same bytes for the same files. */
export function packRpm(options: PackageOptions): Uint8Array {
  const files = listPackageFiles(options, 'site-functions').sort((a, b) => (a.name < b.name ? -1 : 1))
  const cpio = packCpio(files, options.time)
  const payload = gzipSync(cpio, { level: 6 })
  const header = writeHeader(options, files, payload).encode()
  return Buffer.concat([writeLead(options), writeSignature(header, payload, cpio.length), header, payload])
}

/** How the file of the package is called, as rpm calls it itself. */
export const nameRpm = ({ version, processor }: Pick<PackageOptions, 'version' | 'processor'>) =>
  `monitor-${version}-${RELEASE}.${archOf(processor)}.rpm`

const archOf = (processor: PackageOptions['processor']) => (processor === 'arm64' ? 'aarch64' : 'x86_64')

/** What old programs look at; rpm itself reads the magic number and the kind alone. */
function writeLead({ version, processor }: PackageOptions): Buffer {
  const lead = Buffer.alloc(96)
  lead.write('edabeedb0300', 0, 'hex')
  lead.writeUInt16BE(processor === 'arm64' ? 19 : 1, 8)
  lead.write(`monitor-${version}-${RELEASE}`, 10, 65, 'latin1')
  lead.writeUInt16BE(1, 76)
  lead.writeUInt16BE(5, 78)
  return lead
}

/** Checksums of what follows, filled up to a multiple of eight bytes. Nobody has signed it with a key. */
function writeSignature(header: Buffer, payload: Buffer, unpacked: number): Buffer {
  const digest = (kind: string, ...parts: Buffer[]) => {
    const hash = createHash(kind)
    for (const part of parts) hash.update(part)
    return hash
  }
  const signature = new RpmHeader(62)
    .text(269, digest('sha1', header).digest('hex'))
    .text(273, digest('sha256', header).digest('hex'))
    .int32(1000, [header.length + payload.length])
    .bytes(1004, digest('md5', header, payload).digest())
    .int32(1007, [unpacked])
    .encode()
  return Buffer.concat([signature, Buffer.alloc((8 - (signature.length % 8)) % 8)])
}

function writeHeader(options: PackageOptions, files: readonly ArchiveEntry[], payload: Buffer): RpmHeader {
  const { version, time, processor } = options
  const size = files.reduce((sum, { data }) => sum + data.length, 0)
  const header = new RpmHeader(63)
    .texts(100, ['C'])
    .text(1000, 'monitor')
    .text(1001, version)
    .text(1002, RELEASE)
    .translated(1004, 'Server monitoring in one executable')
    .translated(
      1005,
      'Website, collect engine, event engine and agent. Which part runs on a machine is said by "monitor service install".',
    )
    .int32(1006, [time])
    .text(1007, 'localhost')
    .int32(1009, [size])
    .text(1014, 'Apache-2.0')
    .translated(1016, 'System Environment/Daemons')
    .text(1021, 'linux')
    .text(1022, archOf(processor))
    .text(1024, POST)
    .text(1025, PREUN)
    // A package without one is a package of sources.
    .text(1044, `monitor-${version}-${RELEASE}.src.rpm`)
    .texts(1047, ['monitor'])
    .int32(1112, [EQUAL])
    .texts(1113, [`${version}-${RELEASE}`])
    .int32(
      1048,
      REQUIRES.map(({ flags }) => flags),
    )
    .texts(
      1049,
      REQUIRES.map(({ name }) => name),
    )
    .texts(
      1050,
      REQUIRES.map((one) => one.version),
    )
    .text(1064, '4.14.0')
    .text(1086, '/bin/sh')
    .text(1087, '/bin/sh')
    .text(1124, 'cpio')
    .text(1125, 'gzip')
    .text(1126, '6')
    .text(1132, `${archOf(processor)}-linux`)
    .text(5062, 'utf-8')
    .texts(5092, [createHash('sha256').update(payload).digest('hex')])
    .int32(5093, [SHA256])
  addFiles(header, files, time)
  return header
}

function addFiles(header: RpmHeader, files: readonly ArchiveEntry[], time: number): void {
  const each = <T>(value: (file: ArchiveEntry, at: number) => T) => files.map(value)
  const folderOf = ({ name }: ArchiveEntry) => name.slice(1, name.lastIndexOf('/') + 1)
  const folders = [...new Set(each(folderOf))]
  const isDocument = ({ name }: ArchiveEntry) => /\/(doc|man)\//.test(name)
  header
    .int32(
      1028,
      each(({ data }) => data.length),
    )
    .int16(
      1030,
      each(({ mode }) => 0o100000 | mode),
    )
    .int16(
      1033,
      each(() => 0),
    )
    .int32(
      1034,
      each(() => time),
    )
    .texts(
      1035,
      each(({ data }) => createHash('sha256').update(data).digest('hex')),
    )
    .texts(
      1036,
      each(() => ''),
    )
    .int32(
      1037,
      each((file) => (isDocument(file) ? 2 : 0)),
    )
    .texts(
      1039,
      each(() => 'root'),
    )
    .texts(
      1040,
      each(() => 'root'),
    )
    .int32(
      1045,
      each(() => 0xffffffff),
    )
    .int32(
      1095,
      each(() => 1),
    )
    .int32(
      1096,
      each((_, at) => at + 1),
    )
    .texts(
      1097,
      each(() => ''),
    )
    .int32(
      1116,
      each((file) => folders.indexOf(folderOf(file))),
    )
    .texts(
      1117,
      each(({ name }) => name.slice(name.lastIndexOf('/') + 1)),
    )
    .texts(1118, folders)
    .int32(5011, [SHA256])
}

/** The archive format `newc` of cpio: numbers are eight hexadecimal digits, everything begins at a multiple of four bytes. */
function packCpio(files: readonly ArchiveEntry[], time: number): Buffer {
  const parts: Uint8Array[] = []
  const add = (name: string, data: Uint8Array, mode: number, inode: number) => {
    const numbers = [inode, mode, 0, 0, 1, mode === 0 ? 0 : time, data.length, 0, 0, 0, 0, name.length + 1, 0]
    const head = `070701${numbers.map((one) => one.toString(16).padStart(8, '0')).join('')}${name}\0`
    parts.push(Buffer.from(head, 'latin1'), fill(head.length), data, fill(data.length))
  }
  const fill = (length: number) => Buffer.alloc((4 - (length % 4)) % 4)
  for (const [at, { name, data, mode }] of files.entries()) add(name, data, 0o100000 | mode, at + 1)
  add('TRAILER!!!', Buffer.alloc(0), 0, 0)
  return Buffer.concat(parts)
}
