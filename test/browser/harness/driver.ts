import type { Locator, Page } from 'playwright-core'
import { createTabber, inPage } from './tabber.ts'

/**
 * How a person works a page. Flows are written against this, so that each runs by mouse and by keys alone.
 * Dates and times are written as fields of forms hold them: `2026-11-22T22:00`, `2026-11-22`, `22:00`.
 */
export type Driver = {
  /** Uses a link, a button or a summary. */
  activate(place: Locator): Promise<void>
  /** Activates a link or button that leads to another document; resolves once that is loaded. */
  follow(place: Locator): Promise<void>
  /** Replaces the content of a field. */
  type(field: Locator, text: string): Promise<void>
  /** Picks the option of this value. */
  choose(select: Locator, value: string): Promise<void>
  toggle(box: Locator): Promise<void>
  /** Moves the focus or pointer to an element that handles keys or the pointer itself, such as a graph. */
  reach(place: Locator): Promise<void>
}

export function createMouse(page: Page): Driver {
  const activate = (place: Locator) => place.click()
  return {
    activate,
    follow: (place) => leaving(page, () => activate(place)),
    async type(field, text) {
      await field.click()
      await field.fill(text)
    },
    async choose(select, value) {
      await select.selectOption(value)
    },
    toggle: activate,
    reach: (place) => place.hover(),
  }
}

/** Keys only: every click, focus and input is made of key presses. */
export function createKeyboard(page: Page): Driver {
  const { tabTo, noteActivation } = createTabber(page)
  const { keyboard } = page

  async function activate(place: Locator) {
    await tabTo(place)
    const href = await place.evaluate(inPage<string | null>('element', 'return element.getAttribute("href")'))
    const isLink = href !== null
    // A link within the document moves the place from which Tab goes on, and no focus.
    if (!href?.startsWith('#')) noteActivation(String(place))
    await keyboard.press(isLink ? 'Enter' : 'Space')
  }

  return {
    activate,
    follow: (place) => leaving(page, () => activate(place)),
    async type(field, text) {
      await tabTo(field)
      const kind = await field.getAttribute('type')
      const parts = kind === null ? undefined : FIELD_PARTS[kind]?.(text)
      if (parts) {
        // From behind the focus comes to the button that opens a calendar, which stands last in the field.
        if (await field.evaluate(inPage<boolean>('field', 'return !field.matches(":focus")')))
          await keyboard.press('Shift+Tab')
        await typeParts(parts)
      } else {
        await keyboard.press('Control+A')
        await (text === '' ? keyboard.press('Delete') : keyboard.type(text))
      }
      await expectValue(field, text)
    },
    async choose(select, value) {
      await tabTo(select)
      const values = await select
        .locator('option')
        .evaluateAll(inPage<string[]>('options', 'return options.map(({ value }) => value)'))
      const steps = values.indexOf(value) - values.indexOf(await select.inputValue())
      for (let i = 0; i < Math.abs(steps); i++) await keyboard.press(steps > 0 ? 'ArrowDown' : 'ArrowUp')
      await expectValue(select, value)
    },
    async toggle(box) {
      await tabTo(box)
      await keyboard.press('Space')
    },
    reach: tabTo,
  }

  /** Chromium's date fields have a part for day, month and year; the year takes more than four digits. */
  async function typeParts(parts: readonly string[]) {
    for (let i = 0; i < parts.length + 1; i++) await keyboard.press('ArrowLeft')
    for (const part of parts) {
      await keyboard.type(part)
      if (part.length === 4) await keyboard.press('ArrowRight')
    }
  }
}

/** The parts of fields for dates in the order of the language of the browser, `en-US`. */
const FIELD_PARTS: Readonly<Record<string, (text: string) => string[]>> = {
  date: splitDate,
  time: splitTime,
  'datetime-local': (text) => [...splitDate(text.slice(0, 10)), ...splitTime(text.slice(11))],
}

function splitDate(text: string): string[] {
  const [year = '', month = '', day = ''] = text.split('-')
  return [month, day, year]
}

function splitTime(text: string): string[] {
  const [hour = '', minute = ''] = text.split(':')
  const half = Number(hour) % 12 || 12
  return [String(half).padStart(2, '0'), minute, Number(hour) < 12 ? 'AM' : 'PM']
}

async function expectValue(field: Locator, text: string) {
  const value = await field.inputValue()
  if (value !== text) throw new Error(`${field}: typed “${text}”, and it holds “${value}”`)
}

async function leaving(page: Page, act: () => Promise<void>) {
  await Promise.all([page.waitForEvent('load'), act()])
}
