import { CODEWORDS, findVersion, type QrVersion } from './qr-versions.ts'
import { correctErrors } from './reed-solomon.ts'

/**
 * QR codes (ISO/IEC 18004) of bytes with error correction M: up to 213 bytes, versions 1 to 10. A module that
 * is true is dark. Throws a RangeError when the text is longer.
 */
export function encodeQr(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text)
  const version = findVersion(bytes.length)
  const codewords = interleave(fillCodewords(bytes, version), version)
  let best: { modules: boolean[][]; penalty: number } | null = null
  for (let mask = 0; mask < 8; mask++) {
    const grid = drawFrame(version)
    placeCodewords(grid, codewords, mask)
    drawFormat(grid, mask)
    const penalty = rate(grid.dark)
    if (!best || penalty < best.penalty) best = { modules: grid.dark, penalty }
  }
  return best?.modules ?? []
}

/** Mode, length, bytes, end and filling. */
function fillCodewords(bytes: Uint8Array, { number, dataBytes }: QrVersion): Uint8Array {
  const bits: number[] = []
  const put = (value: number, length: number) => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1)
  }
  put(0b0100, 4)
  put(bytes.length, number < 10 ? 8 : 16)
  for (const byte of bytes) put(byte, 8)
  put(0, Math.min(4, dataBytes * 8 - bits.length))
  while (bits.length % 8 !== 0) bits.push(0)
  for (let i = 0; bits.length < dataBytes * 8; i++) put(i % 2 === 0 ? 0xec : 0x11, 8)
  return Uint8Array.from({ length: dataBytes }, (_, i) =>
    bits.slice(i * 8, i * 8 + 8).reduce((byte, bit) => (byte << 1) | bit, 0),
  )
}

/** Blocks with their correction, a byte of each in turn; the later blocks may be one longer. */
function interleave(data: Uint8Array, { number, dataBytes, blocks, correction }: QrVersion): Uint8Array {
  const short = Math.floor(dataBytes / blocks)
  const firstLong = blocks - (dataBytes % blocks)
  const parts: { data: Uint8Array; correction: Uint8Array }[] = []
  for (let i = 0, at = 0; i < blocks; i++) {
    const part = data.subarray(at, at + short + (i >= firstLong ? 1 : 0))
    at += part.length
    parts.push({ data: part, correction: correctErrors(part, correction) })
  }
  const all: number[] = []
  for (let i = 0; i <= short; i++)
    for (const part of parts) if (i < part.data.length) all.push(part.data[i] ?? 0)
  for (let i = 0; i < correction; i++) for (const part of parts) all.push(part.correction[i] ?? 0)
  if (all.length !== CODEWORDS[number]) throw new Error('the codewords of a QR code do not fill it')
  return Uint8Array.from(all)
}

type Grid = { readonly size: number; readonly dark: boolean[][]; readonly isFixed: boolean[][] }

function set({ dark, isFixed }: Grid, x: number, y: number, value: boolean) {
  const row = dark[y]
  const fixed = isFixed[y]
  if (!row || !fixed || x < 0 || x >= row.length) return
  row[x] = value
  fixed[x] = true
}

/** Everything that is the same for all contents. */
function drawFrame({ number, alignment }: QrVersion): Grid {
  const size = 17 + 4 * number
  const empty = () => Array.from({ length: size }, () => new Array<boolean>(size).fill(false))
  const grid: Grid = { size, dark: empty(), isFixed: empty() }
  for (let i = 0; i < size; i++) {
    set(grid, 6, i, i % 2 === 0)
    set(grid, i, 6, i % 2 === 0)
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    for (let dy = -4; dy <= 4; dy++)
      for (let dx = -4; dx <= 4; dx++) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy))
        set(grid, x + dx, y + dy, ring !== 2 && ring !== 4)
      }
  const last = alignment.length - 1
  for (const [i, y] of alignment.entries())
    for (const [j, x] of alignment.entries()) {
      if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) continue
      for (let dy = -2; dy <= 2; dy++)
        for (let dx = -2; dx <= 2; dx++) set(grid, x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1)
    }
  drawFormat(grid, 0)
  if (number >= 7) drawVersion(grid, number)
  return grid
}

/** Error correction M and the mask, with a BCH code, in two places. */
function drawFormat(grid: Grid, mask: number) {
  let rest = mask
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537)
  const bits = ((mask << 10) | rest) ^ 0x5412
  const bit = (i: number) => ((bits >> i) & 1) === 1
  const { size } = grid
  for (let i = 0; i <= 5; i++) set(grid, 8, i, bit(i))
  set(grid, 8, 7, bit(6))
  set(grid, 8, 8, bit(7))
  set(grid, 7, 8, bit(8))
  for (let i = 9; i < 15; i++) set(grid, 14 - i, 8, bit(i))
  for (let i = 0; i < 8; i++) set(grid, size - 1 - i, 8, bit(i))
  for (let i = 8; i < 15; i++) set(grid, 8, size - 15 + i, bit(i))
  set(grid, 8, size - 8, true)
}

function drawVersion(grid: Grid, number: number) {
  let rest = number
  for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25)
  const bits = (number << 12) | rest
  for (let i = 0; i < 18; i++) {
    const value = ((bits >> i) & 1) === 1
    const [a, b] = [grid.size - 11 + (i % 3), Math.floor(i / 3)]
    set(grid, a, b, value)
    set(grid, b, a, value)
  }
}

const MASKS: readonly ((x: number, y: number) => number)[] = [
  (x, y) => (x + y) % 2,
  (_, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
]

/** In pairs of columns from the right, up and down by turns, around what is fixed. */
function placeCodewords({ size, dark, isFixed }: Grid, codewords: Uint8Array, mask: number) {
  let at = 0
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5
    const isUpward = ((right + 1) & 2) === 0
    for (let step = 0; step < size; step++) {
      const y = isUpward ? size - 1 - step : step
      for (const x of [right, right - 1]) {
        const row = dark[y]
        if (!row || isFixed[y]?.[x]) continue
        const bit = ((codewords[at >> 3] ?? 0) >> (7 - (at & 7))) & 1
        row[x] = (bit === 1) !== (MASKS[mask]?.(x, y) === 0)
        at++
      }
    }
  }
}

/** How hard a code is to read: long runs, squares, what looks like a corner, too much of one shade. */
function rate(dark: readonly (readonly boolean[])[]): number {
  const size = dark.length
  const at = (x: number, y: number) => dark[y]?.[x] ?? false
  let penalty = 0
  for (let i = 0; i < size; i++)
    for (const line of [(j: number) => at(j, i), (j: number) => at(i, j)]) {
      let run = 1
      for (let j = 1; j <= size; j++) {
        if (j < size && line(j) === line(j - 1)) run++
        else {
          if (run >= 5) penalty += run - 2
          run = 1
        }
      }
      for (let j = 0; j + 11 <= size; j++) {
        let bits = 0
        for (let k = 0; k < 11; k++) bits = (bits << 1) | (line(j + k) ? 1 : 0)
        if (bits === 0b10111010000 || bits === 0b00001011101) penalty += 40
      }
    }
  let count = 0
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      if (at(x, y)) count++
      const square = at(x, y)
      if (
        x + 1 < size &&
        y + 1 < size &&
        square === at(x + 1, y) &&
        square === at(x, y + 1) &&
        square === at(x + 1, y + 1)
      )
        penalty += 3
    }
  return penalty + 10 * Math.floor(Math.abs((count * 20) / (size * size) - 10))
}
