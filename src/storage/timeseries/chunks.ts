import type { BlockRow } from './blocks.ts'
import { createByteWriter, readVarint } from './codec/bytes.ts'
import {
  CHECKSUM_BYTES,
  computeChecksum,
  DamageError,
  readChecksum,
  writeChecksum,
} from './codec/checksum.ts'
import { decodeNumbers, decodeSteps, encodeNumbers, readConstant, type StepsOf } from './codec/numbers.ts'
import { isReferring, type Reference, readHead } from './codec/numbers-head.ts'
import { type Cells, decodeSummaries, encodeSummaries, skipSummaries } from './codec/summaries.ts'

/** Whether a block's chunks have checksums. */
export type ChunkPlace = Pick<BlockRow, 'host' | 'day' | 'checksum'>

/**
 * A chunk without its checksum: the list that its values belong to, summaries where they are worth it, and the
 * values. `times` are those of the list.
 */
export function packChunk(
  list: number,
  times: Float64Array,
  values: Float64Array,
  encoded = encodeNumbers(values),
): Uint8Array {
  const summaries = encodeSummaries(times, values, encoded)
  const writer = createByteWriter(encoded.length + (summaries?.length ?? 0) + 8)
  writer.varint(list)
  if (summaries !== null) writer.bytes(summaries)
  writer.bytes(encoded)
  return writer.take()
}

/** The chunk as it is stored, for that host, day and metric. */
export function sealChunk(body: Uint8Array, host: number, day: number, metric: number): Uint8Array {
  const packed = new Uint8Array(CHECKSUM_BYTES + body.length)
  packed.set(body, CHECKSUM_BYTES)
  writeChecksum(packed, 0, computeChecksum(body, host, day, metric))
  return packed
}

/** The chunk without its checksum. Throws a `DamageError` where that does not match. */
export function openChunk(packed: Uint8Array, block: ChunkPlace, metric: number): Uint8Array {
  if (block.checksum === null) return packed
  const body = packed.subarray(CHECKSUM_BYTES)
  if (readChecksum(packed, 0) !== computeChecksum(body, block.host, block.day, metric))
    throw new DamageError()
  return body
}

/** The number of the list that an opened chunk's values belong to. */
export function listOfChunk(body: Uint8Array): number {
  return readVarint({ bytes: body, at: 0 })
}

/** The packed numbers of an opened chunk. */
function numbersOfChunk(body: Uint8Array): Uint8Array {
  const cursor = { bytes: body, at: 0 }
  readVarint(cursor)
  skipSummaries(cursor)
  return body.subarray(cursor.at)
}

/** As many values as the list of the opened chunk has times; `stepsOf` reads the chunk that it refers to. */
export function unpackChunk(body: Uint8Array, times: Float64Array, stepsOf?: StepsOf): Float64Array {
  return decodeNumbers(numbersOfChunk(body), times.length, stepsOf)
}

/** The summaries of an opened chunk; null where it has none. */
export function summariesOfChunk(body: Uint8Array): Cells | null {
  const cursor = { bytes: body, at: 0 }
  readVarint(cursor)
  return decodeSummaries(cursor)
}

/** The value that all samples of an opened chunk have; null where they differ, or are no decimals. */
export function constantOfChunk(body: Uint8Array): number | null {
  const cursor = { bytes: body, at: 0 }
  readVarint(cursor)
  return readConstant(cursor)
}

/** The chunk that an opened one refers to; null where it needs no other one. */
export function referenceOfChunk(body: Uint8Array): Reference | null {
  const cursor = { bytes: numbersOfChunk(body), at: 0 }
  return isReferring(cursor) ? (readHead(cursor)?.reference ?? null) : null
}

/**
 * The metric that a stored chunk refers to, where its samples, or its summaries if it has none, can't be read without; null
 * for one that is damaged, too.
 */
function metricReferredTo(packed: Uint8Array, block: ChunkPlace, of: 'samples' | 'summaries'): number | null {
  if (block.checksum === null) return null
  try {
    const cursor = { bytes: packed, at: CHECKSUM_BYTES }
    readVarint(cursor)
    const begin = cursor.at
    skipSummaries(cursor)
    if (of === 'summaries' && cursor.at > begin) return null
    return isReferring(cursor) ? (readHead(cursor)?.reference?.metric ?? null) : null
  } catch {
    return null
  }
}

/** Metrics of other chunks that these can't be read without. */
export function listReferredTo(
  chunks: readonly (Uint8Array | undefined)[],
  block: BlockRow | undefined,
  hasSamples: boolean,
): number[] {
  const metrics: number[] = []
  for (const packed of chunks) {
    if (!packed || !block) continue
    const metric = metricReferredTo(packed, block, hasSamples ? 'samples' : 'summaries')
    if (metric !== null) metrics.push(metric)
  }
  return metrics
}

/** The chunks of a block that others refer to. Each is decoded once. */
export class ReferredChunks {
  readonly #block: ChunkPlace
  readonly #packedOf: (metric: number) => Uint8Array | undefined
  readonly #steps = new Map<number, Float64Array>()

  constructor(block: ChunkPlace, packedOf: (metric: number) => Uint8Array | undefined) {
    this.#block = block
    this.#packedOf = packedOf
  }

  /** Throws a `DamageError` where the chunk is not as it was when it was referred to. */
  readonly stepsOf: StepsOf = ({ metric, checksum }, count) => {
    const packed = this.#packedOf(metric)
    if (packed === undefined)
      throw new DamageError(`it follows from metric number ${metric}, whose values are missing`)
    if (readChecksum(packed, 0) !== checksum)
      throw new DamageError(`it follows from values of metric number ${metric} that are not there any more`)
    let steps = this.#steps.get(metric)
    if (steps === undefined) {
      steps = this.#unpack(packed, metric, count)
      this.#steps.set(metric, steps)
    }
    if (steps.length !== count)
      throw new DamageError(`it follows from metric number ${metric}, which has other times`)
    return steps
  }

  #unpack(packed: Uint8Array, metric: number, count: number): Float64Array {
    const body = openReferred(packed, this.#block, metric)
    return decodeSteps(numbersOfChunk(body), count)
  }
}

function openReferred(packed: Uint8Array, block: ChunkPlace, metric: number): Uint8Array {
  try {
    return openChunk(packed, block, metric)
  } catch (cause) {
    throw new DamageError(`it follows from metric number ${metric}, whose values are damaged`, { cause })
  }
}
