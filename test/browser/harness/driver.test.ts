import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { createKeyboard } from './driver.ts'
import { walk } from './tabber.ts'

let browser: Browser
let page: Page

beforeAll(async () => {
  browser = await launchBrowser()
  page = await browser.newPage({ viewport: { width: 600, height: 400 }, locale: 'en-US' })
  page.setDefaultTimeout(5000)
}, 60_000)

afterAll(() => browser?.close())

/** What the driver says of a page on which it goes to `#target`, behind a first button. */
async function complainOf(markup: string): Promise<string> {
  await page.setContent(`<main id="main"><button>first</button>${markup}<button>last</button></main>`)
  try {
    await createKeyboard(page).reach(page.locator('#target'))
    return ''
  } catch (error) {
    return String(error)
  }
}

test.each([
  ['what Tab passes by', '<div id="target" role="button" tabindex="-1">far</div>', 'no key leads to it'],
  [
    'a stop without a ring',
    '<a href="#" style="outline: none">bare</a><button id="target">t</button>',
    'has no outline',
  ],
  [
    'a stop that is covered',
    '<button id="target">t</button><div style="position: fixed; inset: 0; background: red"></div>',
    'lies over it',
  ],
  ['a stop that fades', '<div style="opacity: 0.2"><button id="target">t</button></div>', 'transparent'],
  [
    'a ring that is cut off',
    '<div style="overflow: hidden; width: 60px"><a id="target" href="#" style="display: block; outline-offset: 2px">t</a></div>',
    'cut off',
  ],
  [
    'a stop without a size',
    '<a href="#" style="font-size: 0">t</a><button id="target">t</button>',
    'no size',
  ],
  ['a trap', '<input onkeydown="event.preventDefault()"><button id="target">t</button>', 'stops away'],
])(
  'the keyboard of the tests complains of %s, and says the way',
  async (_, markup, words) => {
    const complaint = await complainOf(markup)
    expect(complaint).toContain(words)
    expect(complaint).toContain('button “first”')
  },
  30_000,
)

test('it says nothing of a sound page, and types what was asked for', async () => {
  expect(await complainOf('<label>Day <input type="datetime-local" id="target"></label>')).toBe('')
  const keyboard = createKeyboard(page)
  await keyboard.type(page.locator('#target'), '2031-04-05T00:15')
  expect(await page.locator('#target').inputValue()).toBe('2031-04-05T00:15')
  await keyboard.type(page.locator('#target'), '2030-12-31T12:00')
  await page.setContent('<label>Day <input type="date"></label><button>last</button>')
  expect((await walk(page)).faults).toEqual([])
})

test('it complains when what was used took the focus away', async () => {
  await page.setContent('<button onclick="this.remove()">first</button><button id="target">t</button>')
  const keyboard = createKeyboard(page)
  await keyboard.activate(page.getByText('first'))
  const complaint = await keyboard.activate(page.locator('#target')).then(() => '', String)
  expect(complaint).toContain('the focus was lost behind')
})

test('what no Tab comes to is found on a walk', async () => {
  await page.setContent(
    '<button onkeydown="event.preventDefault(); third.focus()">first</button><button>second</button><button id="third">third</button>',
  )
  const { faults } = await walk(page)
  expect(faults).toEqual(['never reached: <button>second</button>'])
}, 30_000)
