import { expect, test } from 'bun:test'
import { createByteWriter } from '../../../../src/storage/timeseries/codec/bytes.ts'
import { isDecimal, POWERS, zigzag } from '../../../../src/storage/timeseries/codec/decimal.ts'
import {
  ColumnReader,
  findBody,
  openFrame,
  readMetricSet,
  unpackFrame,
} from '../../../../src/storage/timeseries/codec/frame.ts'
import { FramePacker } from '../../../../src/storage/timeseries/codec/pack-frame.ts'
import { randomOf } from '../../random.ts'

const TIME = 1_796_000_000
const HOST = 70_000

/** Without its head. */
function pack(metricSet: number, values: readonly (number | null)[]): Uint8Array {
  return openFrame(seal(metricSet, values), TIME, HOST)
}

const packer = new FramePacker()

/** As it is stored. */
function seal(metricSet: number, values: readonly (number | null)[]): Uint8Array {
  return packer.pack({ time: TIME, values }, HOST, { id: metricSet, metrics: values, columns: null })
}

/** What the format says, written the slow way: the first power of ten that makes a whole number of a value. */
function describe(metricSet: number, values: readonly (number | null)[]): Uint8Array {
  const writer = createByteWriter()
  writer.varint(metricSet)
  for (const value of values) {
    const scale = [0, 1, 2, 3, 4, 6].findIndex((digits) => isDecimal(value ?? 0, POWERS[digits] ?? 1))
    const code = zigzag(Math.round((value ?? 0) * (POWERS[[0, 1, 2, 3, 4, 6][scale] ?? 0] ?? 1)))
    if (value === null) writer.byte(0)
    else if (scale < 0) {
      writer.byte(1)
      writer.float64(value)
    } else {
      writer.byte((2 + scale) | ((code % 16) << 3) | (code >= 16 ? 128 : 0))
      if (code >= 16) writer.varint(Math.floor(code / 16))
    }
  }
  return writer.take()
}

const ODD = [
  0,
  -0,
  null,
  1,
  -1,
  12.5,
  -7.25,
  99.999,
  1e308,
  5e-324,
  2 ** 53,
  -(2 ** 49),
  2 ** 49,
  0.1 + 0.2,
  123456.789012,
]

test('every value of a frame comes back bit by bit, and nulls as nulls', () => {
  const packed = pack(300, ODD)
  const { metricSet, values } = unpackFrame(packed, () => ODD.length)
  expect(metricSet).toBe(300)
  expect(readMetricSet(packed)).toBe(300)
  expect(values.every((value, i) => Object.is(value, ODD[i]))).toBe(true)
})

test('random frames come back, whole and by column', () => {
  const random = randomOf(3)
  for (let round = 0; round < 500; round++) {
    const count = Math.floor(random() * 40)
    const values = Array.from({ length: count }, () =>
      random() < 0.1
        ? null
        : random() < 0.7
          ? Math.round(random() * 1e5) / 10 ** Math.floor(random() * 5)
          : random() * 1e9,
    )
    const packed = pack(Math.floor(random() * 1e6), values)
    expect(unpackFrame(packed, () => count).values).toEqual(values)
    const wanted = new Set([count - 1, -1, Math.floor(random() * count)])
    const columns = [...wanted].filter((column) => column < count)
    expect(readColumns(new ColumnReader(columns), packed)).toEqual(
      columns.map((column) => values[column] ?? null),
    )
  }
})

const readColumns = (reader: ColumnReader, frame: Uint8Array, at = 0) => {
  reader.read(frame, at)
  return [...reader.values].map((value, i) => (reader.isThere[i] === 1 ? value : null))
}

test('a reader of columns keeps nothing of the frame before, and each kind of value comes back', () => {
  const columns = [...ODD.keys()].reverse()
  const reader = new ColumnReader(columns)
  const odd = columns.map((column) => ODD[column] ?? null)
  expect(readColumns(reader, pack(300, ODD)).every((value, i) => Object.is(value, odd[i]))).toBe(true)
  const nothing = ODD.map(() => null)
  expect(readColumns(reader, pack(300, nothing))).toEqual(nothing)
  const sealed = seal(300, ODD)
  const at = findBody(sealed, TIME, HOST)
  expect(readColumns(reader, sealed, at).every((value, i) => Object.is(value, odd[i]))).toBe(true)
})

test('a reader of columns refuses a frame that ends before the last of them', () => {
  const whole = pack(7, [1, 2.5, 1e300, 123456.789012])
  for (let length = 1; length < whole.length; length++)
    expect(() => new ColumnReader([3]).read(whole.slice(0, length))).toThrow('too early')
  expect(readColumns(new ColumnReader([3, 3, -1]), whole)).toEqual([123456.789012, null, null])
})

test('what is not finite is kept as no value', () => {
  const packed = pack(1, [Number.NaN, Number.POSITIVE_INFINITY, null, 1])
  expect(packer.samples).toBe(1)
  expect(unpackFrame(packed, () => 4).values).toEqual([null, null, null, 1])
})

test('every value is written in the shortest form that the format has for it', () => {
  const random = randomOf(11)
  const edges = [0, -0, 7, 8, -8, 127, 2047, 2 ** 27, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 49, 2 ** 49 + 2]
  const decimals = edges.flatMap((edge) => [edge / 10, edge / 100, edge / 1000, edge / 1e4, edge / 1e6])
  const values = [
    ...ODD,
    ...edges,
    ...edges.map((edge) => -edge),
    ...decimals,
    ...decimals.map((one) => -one),
  ]
  for (let i = 0; i < 5000; i++)
    values.push(Number(((random() - 0.5) * 10 ** (random() * 14)).toFixed(Math.floor(random() * 7))))
  for (const value of values)
    expect([value, Buffer.from(pack(3, [value])).toString('hex')]).toEqual([
      value,
      Buffer.from(describe(3, [value])).toString('hex'),
    ])
  expect(pack(70_000, values)).toEqual(describe(70_000, values))
})

test('a frame takes the columns of the list that its metric set has', () => {
  const frame = { time: TIME, values: [1, 2, null, 4] }
  const packed = packer.pack(frame, HOST, { id: 5, metrics: [1, 2], columns: [3, 0] })
  expect(unpackFrame(openFrame(packed, TIME, HOST), () => 2).values).toEqual([4, 1])
})

test('a frame that is cut short or too long is refused', () => {
  const packed = pack(1, [1234.5, Math.PI, 7])
  expect(() => unpackFrame(packed.slice(0, -1), () => 3)).toThrow('too early')
  expect(() => unpackFrame(packed.slice(0, 8), () => 3)).toThrow('too early')
  expect(() => unpackFrame(packed, () => 2)).toThrow('longer')
})

test('any bit of a frame that flips is noticed, and so is a time or a host that is not its own', () => {
  const packed = seal(3, [1234.5, Math.PI, 7, null, 42])
  for (let bit = 0; bit < packed.length * 8; bit++) {
    const damaged = packed.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => {
      const body = openFrame(damaged, TIME, HOST)
      // What looks like a frame without a checksum names a metric set that there is not.
      if (readMetricSet(body) < 16_384) throw new Error('taken for another metric set')
      throw new RangeError('unknown metric set')
    }).toThrow(/checksum|beginning|unknown/)
  }
  for (let bit = 0; bit < 32; bit++) {
    expect(() => openFrame(packed, (TIME ^ (1 << bit)) >>> 0, HOST)).toThrow('checksum')
    expect(() => openFrame(packed, TIME, (HOST ^ (1 << bit)) >>> 0)).toThrow('checksum')
  }
  for (let length = 0; length < packed.length; length++)
    expect(() => openFrame(packed.slice(0, length), TIME, HOST)).toThrow()
})
