// The changes in the markup of a page since it was sent last. The server creates them, the browser applies
// them.

/**
 * The header that names a page which the browser holds, or `new`; in an answer the name of what it holds from
 * then on.
 */
export const LIVE_PAGE_HEADER = 'x-live-page'

/** Pieces of the old markup by place and number, or new markup. */
export type PageDelta = readonly (string | readonly [start: number, count: number])[]

/** Pieces begin with a tag: what changes is most often one of them. */
const splitMarkup = (markup: string) => markup.split(/(?=<)/)

export function makeDelta(old: string, fresh: string): PageDelta {
  const from = splitMarkup(old)
  const places = new Map<string, number | null>()
  for (const [i, piece] of from.entries()) places.set(piece, places.has(piece) ? null : i)
  const delta: (string | [number, number])[] = []
  let expected = 0
  for (const piece of splitMarkup(fresh)) {
    // A piece that occurs more than once does not identify the place where the two continue alike.
    const place = from[expected] === piece ? expected : (places.get(piece) ?? null)
    const last = delta.at(-1)
    if (place === null) {
      if (typeof last === 'string') delta[delta.length - 1] = last + piece
      else delta.push(piece)
      expected++
      continue
    }
    if (last !== undefined && typeof last !== 'string' && last[0] + last[1] === place) last[1]++
    else delta.push([place, 1])
    expected = place + 1
  }
  return delta
}

export function applyDelta(old: string, delta: PageDelta): string {
  const from = splitMarkup(old)
  return delta
    .map((part) => (typeof part === 'string' ? part : from.slice(part[0], part[0] + part[1]).join('')))
    .join('')
}
