import type { DnsRecord } from '../../domain/check.ts'

/** The numbers of RFC 1035 and RFC 3596. */
const TYPES: Readonly<Record<DnsRecord, number>> = { A: 1, NS: 2, CNAME: 5, MX: 15, TXT: 16, AAAA: 28 }

const INTERNET = 1
const HEAD = 12
/** Names in an answer may lead on to other places in it, but not for ever. */
const MAX_JUMPS = 32
/** Bound on the number of answers that the header may claim. */
const MAX_ANSWERS = 256

/** A question for a resolver, which is to find the answer itself. */
export function writeQuestion(id: number, name: string, record: DnsRecord): Buffer {
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]))
  const head = Buffer.alloc(HEAD)
  head.writeUInt16BE(id, 0)
  head.writeUInt16BE(0x0100, 2)
  head.writeUInt16BE(1, 4)
  const tail = Buffer.from([0, 0, TYPES[record], 0, INTERNET])
  return Buffer.concat([head, ...labels, tail])
}

export type DnsAnswer = {
  /** 0 when all is well, 3 when the name does not exist. */
  readonly code: number
  /** The answer was cut off; the question has to be repeated over TCP. */
  readonly isCut: boolean
  /** Data of the records that were asked for, as text. */
  readonly records: readonly string[]
}

/** Returns null for a message that does not answer this question; throws for a malformed one. */
export function readAnswer(question: Buffer, message: Buffer, record: DnsRecord): DnsAnswer | null {
  if (message.length < HEAD || message.readUInt16BE(0) !== question.readUInt16BE(0)) return null
  const flags = message.readUInt16BE(2)
  const isAnswer = (flags & 0x8000) !== 0
  const asked = message.subarray(HEAD, question.length).toString('latin1').toLowerCase()
  if (!isAnswer || message.readUInt16BE(4) !== 1) return null
  if (asked !== question.subarray(HEAD).toString('latin1').toLowerCase()) return null
  const records: string[] = []
  let at = question.length
  const count = Math.min(message.readUInt16BE(6), MAX_ANSWERS)
  for (let i = 0; i < count && at < message.length; i++) {
    at = readName(message, at).end
    const type = message.readUInt16BE(at)
    const size = message.readUInt16BE(at + 8)
    at += 10
    if (at + size > message.length) break
    if (type === TYPES[record]) records.push(readData(message, at, size, record))
    at += size
  }
  return { code: flags & 15, isCut: (flags & 0x0200) !== 0, records }
}

function readData(message: Buffer, at: number, size: number, record: DnsRecord): string {
  const data = message.subarray(at, at + size)
  switch (record) {
    case 'A':
      return data.join('.')
    case 'AAAA':
      return formatIpv6(data)
    case 'MX':
      return `${message.readUInt16BE(at)} ${readName(message, at + 2).name}`
    case 'TXT':
      return readTexts(data)
    default:
      return readName(message, at).name
  }
}

function readName(message: Buffer, begin: number): { name: string; end: number } {
  const labels: string[] = []
  let at = begin
  let end: number | null = null
  for (let jumps = 0; jumps <= MAX_JUMPS; ) {
    const size = message.readUInt8(at)
    if (size === 0) return { name: labels.join('.'), end: end ?? at + 1 }
    if (size >= 0xc0) {
      end ??= at + 2
      at = message.readUInt16BE(at) & 0x3fff
      jumps++
    } else {
      labels.push(message.toString('latin1', at + 1, at + 1 + size))
      at += 1 + size
      if (labels.length > 128) break
    }
  }
  throw new Error('the answer holds a name without an end')
}

/** One record may hold several strings, which belong together. */
function readTexts(data: Buffer): string {
  let text = ''
  for (let at = 0; at < data.length; at += 1 + (data[at] ?? 0))
    text += data.toString('utf8', at + 1, at + 1 + (data[at] ?? 0))
  return text
}

/** In the short form of RFC 5952. */
function formatIpv6(data: Buffer): string {
  if (data.length !== 16) throw new Error('the answer holds an address that is none')
  const groups = Array.from({ length: 8 }, (_, i) => data.readUInt16BE(2 * i).toString(16)).join(':')
  const runs = [...groups.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].map(([run]) => run)
  const longest = runs.sort((a, b) => b.length - a.length)[0]
  if (longest === undefined) return groups
  const at = groups.search(new RegExp(`(?<![^:])${longest}(?![^:])`))
  const before = groups.slice(0, at).replace(/:$/, '')
  const after = groups.slice(at + longest.length).replace(/^:/, '')
  return `${before}::${after}`
}
