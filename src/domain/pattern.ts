import { MAX_METRIC_NAME } from './sample.ts'

/** Whether a name matches. */
export type Matcher = (name: string) => boolean

/** The wildcards of a pattern. A backslash before one of them makes it an ordinary character. */
type Wildcards = { readonly any: string; readonly one: string }

const RULE_WILDCARDS: Wildcards = { any: '%*', one: '_?' }

/** Names of metrics hold `_` and `%` themselves, and a threshold's metric is mostly one full name. */
const METRIC_WILDCARDS: Wildcards = { any: '*', one: '?' }

const ONE = Symbol('any one character')
type PatternPiece = readonly (string | typeof ONE)[]

/** `%` and `*` match any text, `_` and `?` match one character; upper and lower case are the same. */
export function compilePattern(pattern: string): Matcher {
  return compile(pattern, RULE_WILDCARDS)
}

/**
 * The only name that matches a pattern of `compilePattern`, in lower case; null for a pattern with wildcards.
 */
export function literalName(pattern: string): string | null {
  const [piece = [], ...others] = split(pattern.toLowerCase(), RULE_WILDCARDS)
  const isOne = others.length === 0 && piece.every((part) => part !== ONE)
  return isOne ? piece.join('') : null
}

/** As `compilePattern`, but with `*` and `?` alone. */
export function compileMetricPattern(pattern: string): Matcher {
  return compile(pattern, METRIC_WILDCARDS)
}

/** Metric names of a threshold: as they are, or with wildcards in them. */
const METRIC_PATTERN = /^[\p{L}\p{N}_*?][\p{L}\p{N}._:@+~#%()*?-]*$/u

/** Tells whether a text can be the name of a metric, or a pattern of such names with `*` and `?`. */
export function canBeMetricPattern(text: string): boolean {
  return text.length <= MAX_METRIC_NAME && METRIC_PATTERN.test(text)
}

/** True when the pattern can match more than one name. */
export function isMetricPattern(pattern: string): boolean {
  return /[*?]/.test(pattern)
}

/**
 * No regular expression, and no going back behind a piece that was found: the work is at most the length of
 * the name times that of the pattern, whatever the pattern.
 */
function compile(pattern: string, wildcards: Wildcards): Matcher {
  const pieces = split(pattern.toLowerCase(), wildcards)
  return pieces.some((piece) => piece.includes(ONE))
    ? matchCharacters(pieces)
    : matchTexts(pieces.map((piece) => piece.join('')))
}

/** Pieces without a wildcard for one character: the usual ones, and a page asks for hundreds of names. */
function matchTexts(pieces: readonly string[]): Matcher {
  const [head = ''] = pieces
  if (pieces.length === 1) return (name) => name.toLowerCase() === head
  const tail = pieces.at(-1) ?? ''
  const middle = pieces.slice(1, -1)
  return (name) => {
    const text = name.toLowerCase()
    const end = text.length - tail.length
    if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false
    let at = head.length
    for (const piece of middle) {
      const found = text.indexOf(piece, at)
      if (found < 0 || found + piece.length > end) return false
      at = found + piece.length
    }
    return true
  }
}

function matchCharacters(pieces: readonly PatternPiece[]): Matcher {
  const [head = []] = pieces
  if (pieces.length === 1) return (name) => fits(head, [...name.toLowerCase()], 0, true)
  const tail = pieces.at(-1) ?? []
  const middle = pieces.slice(1, -1)
  return (name) => {
    const text = [...name.toLowerCase()]
    const end = text.length - tail.length
    if (end < head.length || !fits(head, text, 0, false) || !fits(tail, text, end, false)) return false
    let at = head.length
    for (const piece of middle) {
      while (at + piece.length <= end && !fits(piece, text, at, false)) at++
      at += piece.length
      if (at > end) return false
    }
    return true
  }
}

/** The pieces between the wildcards for any text. */
function split(pattern: string, { any, one }: Wildcards): PatternPiece[] {
  const pieces: (string | typeof ONE)[][] = [[]]
  let isEscaped = false
  for (const character of pattern) {
    const isWildcard = !isEscaped && (any.includes(character) || one.includes(character))
    if (!isEscaped && character === '\\') isEscaped = true
    else {
      if (isWildcard && any.includes(character)) pieces.push([])
      else pieces.at(-1)?.push(isWildcard ? ONE : character)
      isEscaped = false
    }
  }
  if (isEscaped) pieces.at(-1)?.push('\\')
  return pieces
}

function fits(piece: PatternPiece, text: readonly string[], at: number, toTheEnd: boolean): boolean {
  if (toTheEnd ? text.length - at !== piece.length : text.length - at < piece.length) return false
  return piece.every((wanted, i) => wanted === ONE || wanted === text[at + i])
}

/** The words of a search in lower case, at most eight. */
export const splitWords = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 8)
