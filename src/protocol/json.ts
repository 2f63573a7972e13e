import { type Fields, isFields } from './field.ts'
import { ProtocolError } from './protocol-error.ts'

/** Python writes these bare, which JSON does not know; strings are matched too, so that what is inside them stays. */
const BARE = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g

/**
 * Parses JSON; bare NaN and Infinity become strings, to be refused one by one where a number is wanted. Throws a
 * ProtocolError that does not repeat the text: it may hold a passphrase.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parseWithBareNames(text)
  }
}

export function parseObject(text: string): Fields {
  const value = parseJson(text)
  if (!isFields(value)) throw new ProtocolError('malformed', 'not a JSON object')
  return value
}

function parseWithBareNames(text: string): unknown {
  if (text.includes('NaN') || text.includes('Infinity'))
    try {
      return JSON.parse(text.replace(BARE, (token) => (token.startsWith('"') ? token : '"NaN"')))
    } catch {}
  throw new ProtocolError('malformed', 'not valid JSON')
}
