import { describe, expect, test } from 'bun:test'
import { parseReply } from '../../src/protocol/encode.ts'
import { parseJson } from '../../src/protocol/json.ts'
import { LegacyStream } from '../../src/protocol/legacy/legacy.ts'
import { ListSplitter } from '../../src/protocol/list-splitter.ts'
import { NameLists } from '../../src/protocol/names.ts'
import { checkNesting, ObjectScanner } from '../../src/protocol/object-scanner.ts'

/** Texts of about `size` bytes that make a careless parser start anew at each of their tokens. */
const ADVERSARIAL: Readonly<Record<string, (size: number) => string>> = {
  'quotes without an end': (size) => `{"a":NaN,${'"'.repeat(size)}`,
  'escaped quotes': (size) => `{"a":NaN,"${'\\"'.repeat(size / 2)}`,
  'an unterminated string': (size) => `{"a":NaN,"${'x'.repeat(size)}`,
  backslashes: (size) => `{"a":Infinity,"${'\\'.repeat(size)}`,
  'opening brackets': (size) => `{"a":NaN,"b":${'['.repeat(size)}`,
  'opening braces': (size) => `${'{"a":'.repeat(size / 5)}NaN`,
  'closing brackets': (size) => `{"a":NaN${']'.repeat(size)}`,
  'minus signs': (size) => `{"a":NaN,"b":${'-'.repeat(size)}`,
  'bare names': (size) => `{"a":[${'NaN,'.repeat(size / 4)}`,
  'halves of bare names': (size) => `{"a":NaN,${'Infinit'.repeat(size / 7)}`,
  'colons and commas': (size) => `{"a":NaN${':,'.repeat(size / 2)}`,
  'white space': (size) => `{"data"${' '.repeat(size)}:[NaN`,
  'keys of lists': (size) => `{${'"data":['.repeat(size / 8)}NaN`,
  'strings that are empty': (size) => `{"a":NaN,${'"",'.repeat(size / 3)}`,
}

/**
 * Every parser that text from the network reaches, with what it needs. What they throw is not the question
 * here.
 */
const PARSERS: Readonly<Record<string, (text: string) => void>> = {
  parseJson,
  parseReply,
  checkNesting: (text) => checkNesting(Buffer.from(text), 0, text.length),
  ObjectScanner: (text) => {
    const bytes = Buffer.from(text)
    const scanner = new ObjectScanner()
    for (let at = 0; at < bytes.length; at += 1000) scanner.scan(bytes, at, Math.min(at + 1000, bytes.length))
  },
  ListSplitter: (text) => feed(new ListSplitter(() => {}), text),
  LegacyStream: (text) => feed(new LegacyStream(new NameLists(), 1_800_000_000), text),
}

/** As the network brings it: in pieces. */
function feed(reader: { feed(bytes: Uint8Array): void }, text: string) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 16_384) reader.feed(bytes.subarray(at, at + 16_384))
}

const SIZE = 128 * 1024

/**
 * The least of several times, which noise can only lengthen, in milliseconds of processor time: on a busy machine
 * the time by the clock has the turns of other programs in it.
 */
function measure(act: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 7; run++) {
    const before = process.cpuUsage()
    try {
      act()
    } catch {}
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

/** A pass over so many bytes, as slow as a byte-wise parser may be. */
const scanOnce = (size: number) => {
  const bytes = Buffer.alloc(size, 'x')
  return measure(() => {
    let sum = 0
    for (const byte of bytes) sum += byte
    if (sum < 0) throw new Error('never')
  })
}

describe('the cost of parsing grows no faster than the text', () => {
  for (const [parser, parse] of Object.entries(PARSERS))
    test(parser, () => {
      // What is quicker than ten plain scans is linear enough, and too quick for a ratio.
      const floor = 10 * scanOnce(2 * SIZE)
      const steep = Object.entries(ADVERSARIAL).flatMap(([name, make]) => {
        const short = make(SIZE)
        const long = make(2 * SIZE)
        for (let attempt = 0; attempt < 3; attempt++) {
          const twice = measure(() => parse(long))
          if (twice <= floor || twice <= 3 * measure(() => parse(short))) return []
        }
        return [name]
      })
      expect(steep).toEqual([])
    })
})

describe('bare names are found outside strings alone', () => {
  test.each([
    ['{"a":NaN}', { a: 'NaN' }],
    ['{"a":-Infinity,"b":"NaN, Infinity"}', { a: 'NaN', b: 'NaN, Infinity' }],
    ['{"a\\"NaN":[NaN,1,Infinity]}', { 'a"NaN': ['NaN', 1, 'NaN'] }],
    ['{"\\\\":NaN}', { '\\': 'NaN' }],
  ])('%s', (text, value) => expect(parseJson(text)).toEqual(value))

  test.each(['{"a":NaN', '{"a":NaN,"b', '{"a":NaNNaN}', '{"a":NaN,"b\\', '"NaN'])('%s is refused', (text) =>
    expect(() => parseJson(text)).toThrow('not valid JSON'),
  )
})
