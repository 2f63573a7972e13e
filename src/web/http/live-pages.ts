import { LIVE_PAGE_HEADER, makeDelta } from '../ui/page-delta.ts'

/** Remembers pages that open browsers show, so that they are sent what changed and not the whole again. */
export type LivePages = {
  /**
   * The answer to a browser that holds the page `held`, or none yet; `place` is whose page it is, and its
   * address.
   */
  answer(markup: string, held: string, place: string): Response
}

/**
 * Characters of all pages that are remembered; the oldest are forgotten first, and sent as a whole the next
 * time.
 */
const MOST_CHARACTERS = 8_000_000
/** A longer page is always sent as a whole. */
const LONGEST = 500_000

type LivePage = { readonly place: string; readonly markup: string }

export function createLivePages(makeId: () => string = () => crypto.randomUUID()): LivePages {
  const pages = new Map<string, LivePage>()
  let characters = 0

  function take(id: string): LivePage | undefined {
    const page = pages.get(id)
    if (page && pages.delete(id)) characters -= page.markup.length
    return page
  }

  function keep(page: LivePage): string {
    const id = makeId()
    pages.set(id, page)
    characters += page.markup.length
    for (const oldest of pages.keys()) {
      if (characters <= MOST_CHARACTERS) break
      take(oldest)
    }
    return id
  }

  return {
    answer(markup, held, place) {
      const whole = { 'content-type': 'text/html; charset=utf-8' }
      if (markup.length > LONGEST) return new Response(markup, { headers: whole })
      const known = pages.get(held)
      // A name that was guessed leads nowhere: a page belongs to its user and its address.
      const old = known?.place === place ? take(held) : undefined
      const headers = { [LIVE_PAGE_HEADER]: keep({ place, markup }) }
      return old === undefined
        ? new Response(markup, { headers: { ...whole, ...headers } })
        : Response.json(makeDelta(old.markup, markup), { headers })
    },
  }
}
