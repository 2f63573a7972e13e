import { packChunk, sealChunk } from './chunks.ts'
import { readChecksum } from './codec/checksum.ts'
import { type Decimals, encodeNumbers, encodeReferring, findDecimals } from './codec/numbers.ts'
import { hasOwnSteps } from './codec/numbers-head.ts'
import {
  compareSketches,
  estimateSteps,
  findRelation,
  type Likeness,
  type Sketch,
  sketchSteps,
} from './codec/relation.ts'

/** Metrics that are compared with each other, and their samples that are held meanwhile, at the most. */
const MAX_COMPARED = 128
const MAX_SAMPLES = 1_000_000
/** Bits of what is worth a look, and of what has to be saved: a reference takes 20 to 40 bytes. */
const LEAST_BITS = 64 * 8
const LEAST_SAVED = 48 * 8
/** Of what a metric takes by itself, a reference may leave so much. */
const LARGEST_REST = 0.95
/** Where it is clearly less, and the other metric is not much longer, it is not looked what the metric takes by itself. */
const SMALL_REST = 0.25
const SIMILAR = 1.3
const CLEARLY_LESS = 0.98
/** Other metrics that are tried for one, at the most. */
const MAX_TRIES = 3

/** A metric's samples in a block that is written; `list` is the number of its list of times. */
export type SeriesToPack = {
  readonly metric: number
  readonly list: number
  readonly times: Float64Array
  readonly values: Float64Array
}

/** A metric that may refer to another one, or be referred to. */
type Candidate = {
  readonly series: SeriesToPack
  readonly decimals: Decimals
  readonly sketch: Sketch
  /** Packed by itself; null until that was necessary. */
  alone: Uint8Array | null
  isReferredTo: boolean
  isReferring: boolean
  tries: number
}

type Pair = { readonly one: Candidate; readonly other: Candidate; readonly likeness: Likeness }

/**
 * Makes the chunks of a block. A metric whose values follow from those of another one with the same times refers to that
 * one's chunk; a chunk that is referred to refers to none. Metrics are compared by a few of their differences, each with at
 * most `MAX_COMPARED` others, so that finding them costs next to nothing beside packing.
 */
export class ChunkPacker {
  readonly #host: number
  readonly #day: number
  readonly #chunks = new Map<number, Uint8Array>()
  #candidates: Candidate[] = []
  #samples = 0

  constructor(host: number, day: number) {
    this.#host = host
    this.#day = day
  }

  add(series: SeriesToPack) {
    const decimals = findDecimals(series.values)
    const sketch = decimals && decimals.unit > 0 ? sketchSteps(decimals.steps) : null
    if (!decimals || !sketch || sketch.bits * sketch.count < LEAST_BITS)
      return this.#seal(series, encodeNumbers(series.values, decimals))
    this.#candidates.push({
      series,
      decimals,
      sketch,
      alone: null,
      isReferredTo: false,
      isReferring: false,
      tries: 0,
    })
    this.#samples += series.times.length
    if (this.#candidates.length === MAX_COMPARED || this.#samples > MAX_SAMPLES) this.#packCandidates()
  }

  /** The chunks by metric, as they are stored. */
  finish(): ReadonlyMap<number, Uint8Array> {
    this.#packCandidates()
    return this.#chunks
  }

  #packCandidates() {
    const candidates = this.#candidates
    this.#candidates = []
    this.#samples = 0
    for (const pair of findPairs(candidates)) {
      const [less, more] = orderPair(pair)
      if (!this.#tryToRefer(less, more, pair)) this.#tryToRefer(more, less, pair)
    }
    for (const candidate of candidates) if (!candidate.isReferring) this.#sealAlone(candidate)
  }

  #tryToRefer(candidate: Candidate, base: Candidate, { likeness }: Pair): boolean {
    if (candidate.isReferring || base.isReferring) return true
    if (candidate.isReferredTo || candidate.tries === MAX_TRIES) return false
    candidate.tries++
    const { series, decimals, sketch } = candidate
    const factor = (likeness.common * sketch.length) / base.sketch.length
    const { relation, residuals, bits } = findRelation(decimals.steps, base.decimals.steps, factor)
    const bitsAlone = estimateSteps(decimals.steps)
    if (bits > bitsAlone * LARGEST_REST || bitsAlone - bits < LEAST_SAVED) return false
    if (!hasOwnSteps(packAlone(base))) return false
    const encoded = encodeReferring(series.values, decimals, {
      metric: base.series.metric,
      checksum: readChecksum(this.#sealAlone(base), 0),
      relation,
      residuals,
      expected: Math.round(sketch.bits),
    })
    if (!isWorthReading(candidate, base, encoded.length)) return false
    candidate.isReferring = true
    base.isReferredTo = true
    this.#seal(series, encoded)
    return true
  }

  /** The chunk of a candidate that refers to no other one. */
  #sealAlone(candidate: Candidate): Uint8Array {
    return this.#chunks.get(candidate.series.metric) ?? this.#seal(candidate.series, packAlone(candidate))
  }

  #seal({ metric, list, times, values }: SeriesToPack, encoded: Uint8Array): Uint8Array {
    const sealed = sealChunk(packChunk(list, times, values, encoded), this.#host, this.#day, metric)
    this.#chunks.set(metric, sealed)
    return sealed
  }
}

/** Roughly the bits that all of it takes by itself. */
const bitsOf = ({ sketch }: Candidate): number => sketch.bits * sketch.count

/**
 * First the one that has less to say: it follows from the other one, mostly without a rest. Of equals the later one follows, so
 * that it is the same on all days.
 */
function orderPair({ one, other }: Pair): readonly [Candidate, Candidate] {
  const isLess = bitsOf(one) < bitsOf(other) * CLEARLY_LESS
  return isLess ? [one, other] : [other, one]
}

/**
 * Whether fewer bytes are decoded more, when samples of this metric are read without those of its base, than are saved on disk:
 * percentages, which are short and drawn most, do not refer to the long numbers of bytes that say them too.
 */
function isWorthReading(candidate: Candidate, base: Candidate, bytes: number): boolean {
  const [ownBits, baseBits] = [bitsOf(candidate), bitsOf(base)]
  // Then it is clear without packing the metric by itself.
  if (baseBits < ownBits * SIMILAR && bytes * 8 < ownBits * SMALL_REST) return true
  const bytesAlone = packAlone(candidate).length
  return bytes + packAlone(base).length - bytesAlone <= bytesAlone - bytes
}

function packAlone(candidate: Candidate): Uint8Array {
  candidate.alone ??= encodeNumbers(candidate.series.values, candidate.decimals)
  return candidate.alone
}

/** Those that have much in common, those first that save most. */
function findPairs(candidates: readonly Candidate[]): readonly Pair[] {
  const pairs: Pair[] = []
  for (const [i, one] of candidates.entries())
    for (const other of candidates.slice(i + 1)) {
      if (one.series.list !== other.series.list) continue
      const likeness = compareSketches(one.sketch, other.sketch)
      if (likeness && likeness.saved >= LEAST_SAVED) pairs.push({ one, other, likeness })
    }
  return pairs.sort((a, b) => b.likeness.saved - a.likeness.saved)
}
