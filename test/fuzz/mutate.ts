/** A source of random numbers that gives the same ones for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What parsers stumble over. */
const TOKENS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ',',
    ':',
    '\n',
    '\0',
    ' ',
    'NaN',
    '-Infinity',
    'null',
    'true',
    '1e999',
    '-0',
  ],
  ...[
    '9007199254740993',
    '\\ud800',
    '\u202e',
    'é',
    '語',
    '𝔸',
    '__proto__',
    '<script>',
    "'",
    '%00',
    '%ff',
    '../',
    '=',
  ],
]
const LONGEST = 64 * 1024

/** One or a few changes to a text: parts doubled, cut, moved, replaced by what is seldom expected. */
export function mutate(text: string, random: () => number): string {
  let changed = text
  for (let i = Math.ceil(random() * 4); i > 0; i--) changed = change(changed, random).slice(0, LONGEST)
  return changed
}

function change(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1))
  const end = Math.min(text.length, at + Math.floor(random() * 40))
  const token = TOKENS[Math.floor(random() * TOKENS.length)] ?? ''
  const kind = Math.floor(random() * 6)
  if (kind === 0) return text.slice(0, at) + token + text.slice(at)
  if (kind === 1) return text.slice(0, at) + text.slice(end)
  if (kind === 2)
    return text.slice(0, at) + text.slice(at, end).repeat(1 + Math.floor(random() * 50)) + text.slice(end)
  if (kind === 3) return text.slice(0, at) + token.repeat(1 + Math.floor(random() * 2000)) + text.slice(at)
  if (kind === 4) return text.slice(0, at)
  return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(end)
}

/** `FUZZ_SEED` of the environment, else another one each time; it is printed, so that a failure can be repeated. */
export function chooseSeed(what: string): number {
  const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`fuzzing ${what} with FUZZ_SEED=${seed}`)
  return seed
}

/** Milliseconds for each of the three tests; `FUZZ_SECONDS` of the environment gives them more. */
export const FUZZ_MS = Number(process.env.FUZZ_SECONDS ?? 4) * 1000
