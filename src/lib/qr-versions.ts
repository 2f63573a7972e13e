/** A size of QR codes with error correction M. */
export type QrVersion = {
  readonly number: number
  /** Bytes of contents, mode and length included. */
  readonly dataBytes: number
  readonly blocks: number
  /** Bytes of error correction of each block. */
  readonly correction: number
  /** Middles of the small squares, on both axes. */
  readonly alignment: readonly number[]
}

/** All bytes of a version, by its number. */
export const CODEWORDS: readonly number[] = [0, 26, 44, 70, 100, 134, 172, 196, 242, 292, 346]
const BLOCKS = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5]
const CORRECTION = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26]
const ALIGNMENT: readonly (readonly number[])[] = [
  [],
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
]

/** The smallest version that holds so many bytes. Throws a RangeError when none does. */
export function findVersion(length: number): QrVersion {
  for (let number = 1; number < CODEWORDS.length; number++) {
    const blocks = BLOCKS[number] ?? 1
    const correction = CORRECTION[number] ?? 0
    const dataBytes = (CODEWORDS[number] ?? 0) - blocks * correction
    const head = number < 10 ? 12 : 20
    if (length * 8 + head <= dataBytes * 8)
      return { number, dataBytes, blocks, correction, alignment: ALIGNMENT[number] ?? [] }
  }
  throw new RangeError(`${length} bytes do not fit into a QR code`)
}
