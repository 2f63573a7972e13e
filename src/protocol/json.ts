import { isFields, type JsonMembers } from './field.ts'
import { ProtocolError } from './protocol-error.ts'

/**
 * Python writes these bare, which JSON does not know. Outside strings alone; linear in the length of the
 * text.
 */
const BARE = /-?\b(?:NaN|Infinity)\b/g

const BACKSLASH = 0x5c
const QUOTE = 0x22

/**
 * Parses JSON; bare NaN and Infinity become strings, to be refused one by one where a number is wanted.
 * Throws a ProtocolError that does not repeat the text: it may hold a passphrase.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parseWithBareNames(text)
  }
}

export function parseObject(text: string): JsonMembers {
  const value = parseJson(text)
  if (!isFields(value)) throw new ProtocolError('malformed', 'not a JSON object')
  return value
}

/** Null for anything but one JSON object, even where `parseObject` would make one of it. */
export function tryObject(text: string): JsonMembers | null {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : null
  } catch {
    return null
  }
}

function parseWithBareNames(text: string): unknown {
  if (text.includes('NaN') || text.includes('Infinity'))
    try {
      return JSON.parse(quoteBareNames(text))
    } catch {}
  throw new ProtocolError('malformed', 'not valid JSON')
}

/**
 * Looks at each character once. A regular expression that skips strings would restart at every quote of an
 * unterminated string, which costs the square of the length.
 */
function quoteBareNames(text: string): string {
  let result = ''
  let at = 0
  for (;;) {
    const opening = text.indexOf('"', at)
    result += text.slice(at, opening < 0 ? text.length : opening).replace(BARE, '"NaN"')
    if (opening < 0) return result
    const behind = findStringEnd(text, opening + 1)
    result += text.slice(opening, behind)
    at = behind
  }
}

/** The index behind the quote that ends the string, or the length of a text that does not end it. */
function findStringEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i + 1
  }
  return text.length
}
