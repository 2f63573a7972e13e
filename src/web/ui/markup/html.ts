import { escapeHtml } from '../../../domain/escape-html.ts'

/**
 * Markup that is safe to send as it is: made by TSX, which escapes, or by `raw` from constants of our own.
 */
export class Html {
  constructor(readonly text: string) {}
  toString() {
    return this.text
  }
}

/**
 * The values that an element may contain. Null, undefined and false render nothing; arrays are joined; text
 * is escaped.
 */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[]

/** The only way past escaping. It is for constants of our own, never for anything that was sent or stored. */
export const raw = (text: string) => new Html(text)

export function renderValue(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (value instanceof Html) return value.text
  if (typeof value === 'number') return String(value)
  let text = ''
  for (const one of value) text += renderValue(one)
  return text
}

export { escapeHtml }
