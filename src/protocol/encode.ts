import { listKnownFacts } from '../domain/hosts/host.ts'
import { type Batch, MAX_BATCH_BYTES, MAX_REPLY_BYTES, PACK_FROM_BYTES, type Reply } from './message.ts'
import { encodeLoss, encodeNumbers } from './numbering.ts'

/**
 * A batch as it goes on the wire, line end included, packed with zstd when that makes it shorter. `layout` is
 * the number (0 to MAX_METRIC_SETS - 1) under which the connection keeps the names; they travel when
 * `withNames` is true, which they must the first time that a connection uses the number. Values that are not
 * finite travel as null. Throws a RangeError when the batch is longer than MAX_BATCH_BYTES: split it.
 */
export function encodeBatch(batch: Batch, layout: number, withNames: boolean): Uint8Array | string {
  return pack(renderBatch(batch, layout, withNames))
}

/** A batch of frames whose names the server has, and that says nothing else. */
export type FrameBatch = {
  readonly id: number
  readonly host: string
  readonly clock: number
  readonly layout: number
  /** As JSON, at least one. */
  readonly frames: readonly string[]
  /** The numbers of the frames, as ranges one after the other. */
  readonly numbers: readonly number[]
  readonly waiting: number
}

/** The same for such a batch, without reading and writing the values again. */
export function encodeFrames({
  id,
  host,
  clock,
  layout,
  frames,
  numbers,
  waiting,
}: FrameBatch): Uint8Array | string {
  const own = `"numbers":${JSON.stringify(encodeNumbers(numbers))}`
  const rest = waiting === numbers[0] ? own : `${own},"waiting":${waiting}`
  return pack(
    `{"v":1,"id":${id},"host":${JSON.stringify(host)},"clock":${clock},"layout":${layout},"frames":[${frames.join()}],${rest}}`,
  )
}

function pack(line: string): Uint8Array | string {
  if (line.length < PACK_FROM_BYTES) return `${line}\n`
  const plain = Buffer.from(line)
  if (plain.length > MAX_BATCH_BYTES)
    throw new RangeError(`a batch of ${plain.length} bytes is longer than ${MAX_BATCH_BYTES}`)
  const packed = Bun.zstdCompressSync(plain, { level: 3 })
  const header = `{"v":1,"encoding":"zstd","bytes":${packed.length},"size":${plain.length}}\n`
  if (header.length + packed.length >= plain.length) return `${line}\n`
  return Buffer.concat([Buffer.from(header), packed])
}

/** `v` stands first, so that a receiver knows the dialect from the first bytes. */
function renderBatch(batch: Batch, layout: number, withNames: boolean): string {
  const {
    id,
    host,
    passphrase,
    key,
    was,
    enroll,
    clock,
    facts,
    metrics,
    frames,
    events,
    open,
    queue,
    numbers,
  } = batch
  return JSON.stringify({
    v: 1,
    id,
    host,
    passphrase,
    key,
    was: was !== undefined && was.length > 0 ? was : undefined,
    enroll,
    clock,
    facts: facts && listKnownFacts(facts),
    layout: frames.length > 0 || withNames ? layout : undefined,
    metrics: withNames ? metrics : undefined,
    frames: frames.length > 0 ? frames : undefined,
    events: events.length > 0 ? events : undefined,
    open,
    queue,
    numbers: numbers && encodeNumbers(numbers.frames),
    eventNumbers: numbers && numbers.events.length > 0 ? numbers.events : undefined,
    waiting: numbers?.waiting === numbers?.frames[0] ? undefined : numbers?.waiting,
    lost: numbers && numbers.lost.length > 0 ? numbers.lost.map(encodeLoss) : undefined,
  })
}

/** One line of the collect engine, with or without its end. Throws when it is not a reply. */
export function parseReply(line: string): Reply {
  if (line.length > MAX_REPLY_BYTES) throw new Error('the answer is too long')
  const reply: unknown = JSON.parse(line)
  if (typeof reply !== 'object' || reply === null) throw new Error('the answer is not an object')
  const { id, stored, clock, later, refused, reason, error, retry } = reply as Record<string, unknown>
  if (stored === true && isId(id))
    return {
      id,
      stored,
      ...(Number.isSafeInteger(clock) && { clock: clock as number }),
      ...(typeof later === 'number' && { later }),
      ...(typeof refused === 'number' && { refused }),
      ...(typeof reason === 'string' && { reason }),
    }
  if (typeof error === 'string' && typeof retry === 'boolean' && (id === null || isId(id)))
    return { id, error, retry }
  throw new Error('the answer is neither a receipt nor an error')
}

/** A reply as it goes on the wire, line end included. */
export function encodeReply(reply: Reply): string {
  return `${JSON.stringify(reply)}\n`
}

const isId = (id: unknown): id is number => Number.isSafeInteger(id) && (id as number) >= 0
