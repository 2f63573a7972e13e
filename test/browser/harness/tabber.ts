import type { Locator, Page } from 'playwright-core'

/** Presses of Tab within which everything on a page has to be reached. */
const MOST_STOPS = 250

type Stop = {
  readonly isThere: boolean
  /** The focus is on nothing: on the document itself. */
  readonly isNowhere: boolean
  /**
   * The target stands before what has the focus, or nearer to the end of a document in which nothing has it.
   */
  readonly isBehind: boolean
  /** It is the link that leads past the navigation, and the target is behind that. */
  readonly isShortcut: boolean
  readonly name: string
  /** Why a person can't see where the focus is; empty when it is seen. */
  readonly fault: string
}

/** A function for the page, which knows of types that this program has none of. */
export const inPage = <T>(parameter: string, body: string) =>
  new Function(parameter, body) as (element: unknown) => T

/** The element that has the focus. */
const LOOK = `
  const active = document.activeElement
  const isNowhere = active === null || active === document.body
  const words = (active?.getAttribute('aria-label') ?? active?.textContent ?? '').trim().replace(/\\s+/g, ' ').slice(0, 40)
  const name = isNowhere ? '(nothing)' : active.localName + (active.name ? '[' + active.name + ']' : '') + (words ? ' “' + words + '”' : '')
  const main = document.getElementById('main')
  return {
    isThere: active === target,
    isNowhere,
    isBehind: isNowhere ? isNearerToEnd() : (active.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING) !== 0,
    isShortcut: active?.className === 'skip' && main !== null && main.contains(target),
    name,
    fault: isNowhere || active === main ? '' : findFault(active),
  }

  /** The link to the content spares the stops before that. */
  function isNearerToEnd() {
    const from = main !== null && main.contains(target) ? main : document
    const all = [...from.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    return all.indexOf(target) > all.length / 2 + 2
  }

  function findFault(element) {
    // Within a field for dates the button that opens a calendar has a ring of the browser's own.
    if (element.localName === 'input' && !element.matches(':focus')) return ''
    const style = getComputedStyle(element)
    const box = element.getBoundingClientRect()
    if (box.width < 4 || box.height < 4) return 'it has no size'
    const width = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth)
    if (width < 1 || /, 0\\)$|transparent/.test(style.outlineColor)) return 'it has no outline'
    for (let up = element; up; up = up.parentElement)
      if (Number(getComputedStyle(up).opacity) < 0.5) return 'it is transparent'
    const outside = Math.max(0, parseFloat(style.outlineOffset) + width)
    const sides = countSides(element, { left: box.left - outside, right: box.right + outside, top: box.top - outside, bottom: box.bottom + outside })
    if (sides < 2) return 'its outline is cut off, but for ' + sides + ' of 4 sides'
    return isCovered(element, box) ? 'something lies over it' : ''
  }

  /** Sides of the outline that nothing around the element cuts off. */
  function countSides(element, ring) {
    const seen = { left: true, right: true, top: true, bottom: true }
    for (let up = element.parentElement; up && up !== document.body && up !== document.documentElement; up = up.parentElement) {
      const style = getComputedStyle(up)
      if (style.overflowX === 'visible' && style.clipPath === 'none') continue
      const box = up.getBoundingClientRect()
      if (box.width < 4 || box.height < 4) return 0
      if (ring.left < box.left - 0.5 || ring.left > box.right) seen.left = false
      if (ring.right > box.right + 0.5 || ring.right < box.left) seen.right = false
      if (ring.top < box.top - 0.5 || ring.top > box.bottom) seen.top = false
      if (ring.bottom > box.bottom + 0.5 || ring.bottom < box.top) seen.bottom = false
    }
    return Object.values(seen).filter(Boolean).length
  }

  /** Whether it is completely covered within the window. */
  function isCovered(element, box) {
    const parts = [0.5, 0.1, 0.9]
    for (const x of parts)
      for (const y of parts) {
        const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y)
        if (top && (element.contains(top) || top.contains(element) && top !== document.body && top !== document.documentElement && top !== main || top.closest('label')?.control === element)) return false
      }
    return true
  }
`

const look = inPage<Stop>('target', LOOK)
const lookAndNote = inPage<Stop>(
  'target',
  `globalThis.monitorStops.add(document.activeElement)
${LOOK}`,
)

/** Every visible element that can have the focus and was not reached. */
const MISSED = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }) && !globalThis.monitorStops.has(one))
  .map((one) => one.outerHTML.slice(0, 100))`

/**
 * Presses Tab from the beginning of a page just loaded to its end: where the focus can't be seen, and what it
 * never came to. Every press has to lead somewhere else, or the keyboard is trapped.
 */
export async function walk(page: Page): Promise<{ readonly count: number; readonly faults: string[] }> {
  await page.evaluate('globalThis.monitorStops = new Set()')
  const faults: string[] = []
  let count = 0
  for (; count < MOST_STOPS; count++) {
    await page.keyboard.press('Tab')
    const stop = await page.locator('body').evaluate(lookAndNote)
    if (stop.isNowhere) break
    if (stop.fault !== '') faults.push(`${stop.name}: ${stop.fault}`)
  }
  if (count === MOST_STOPS) return { count, faults: [...faults, 'the focus never came to the end'] }
  const missed = await page.evaluate<string[]>(MISSED)
  return { count, faults: [...faults, ...missed.map((one) => `never reached: ${one}`)] }
}

/** Moves the focus by Tab as a user does, and checks every stop on the way. */
export type Tabber = {
  /**
   * Presses Tab, or Shift+Tab where the target stands before, until the target has the focus. Throws with
   * what had it on the way when the target is out of reach, when a stop can't be seen, or when the focus was
   * lost since the last activation.
   */
  tabTo(target: Locator): Promise<void>
  /** Something was activated that need not lead to another page. */
  noteActivation(what: string): void
}

export function createTabber(page: Page): Tabber {
  let activated: string | null = null
  page.on('load', () => {
    activated = null
  })

  async function tabTo(target: Locator) {
    await target.waitFor()
    const way: string[] = []
    const fail = (problem: string): never => {
      throw new Error(`${target}: ${problem}. The way was:\n  ${way.join('\n  ')}`)
    }
    let hasTurned = false
    let direction: string | null = null
    for (let i = 0; i <= MOST_STOPS; i++) {
      const stop = await target.evaluate(look)
      way.push(stop.name)
      if (i === 0 && stop.isNowhere && activated !== null) fail(`the focus was lost behind ${activated}`)
      if (stop.fault !== '' && i > 0) fail(`the focus on ${stop.name} is not to be seen: ${stop.fault}`)
      if (stop.isThere) return
      if (stop.isShortcut) {
        await page.keyboard.press('Enter')
        continue
      }
      const next: string = stop.isBehind ? 'Shift+Tab' : 'Tab'
      if (direction !== null && next !== direction) {
        // Once past the end the document begins anew; twice means that the target was passed by.
        if (hasTurned) fail('no key leads to it')
        hasTurned = true
      }
      direction = next
      await page.keyboard.press(next)
    }
    fail(`it is more than ${MOST_STOPS} stops away`)
  }

  return {
    tabTo,
    noteActivation(what) {
      activated = what
    },
  }
}
