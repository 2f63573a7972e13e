import { afterAll, beforeAll, expect, test } from 'bun:test'
import { HtmlValidate } from 'html-validate'
import { PASSWORD, type SeededWebsite, startSeededWebsite, USER } from '../../browser/harness/website.ts'
import { findAddress, findForgotten, PAGE_LIST } from '../../browser/page-list.ts'
import { FIRST_HOST } from '../../support/seed.ts'

let website: SeededWebsite
let empty: SeededWebsite

beforeAll(async () => {
  website = await startSeededWebsite({
    hosts: 12,
    minutes: 5,
    firstMinutes: 70,
    oddNames: true,
    settings: true,
  })
  await website.store.hosts.giveGroups(FIRST_HOST, ['shop'])
  empty = await startSeededWebsite({ hosts: 0, minutes: 0 })
})

afterAll(async () => {
  await website?.close()
  await empty?.close()
})

const cookies = new Map<string, string>()
async function signIn({ origin }: SeededWebsite, name: string): Promise<string> {
  const known = cookies.get(`${name} ${origin}`)
  if (known !== undefined) return known
  const body = new URLSearchParams({ name, password: PASSWORD })
  const answer = await fetch(`${origin}/login`, { method: 'POST', body, redirect: 'manual' })
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  cookies.set(`${name} ${origin}`, cookie)
  return cookie
}

const validator = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: {
    // Taste, not validity: how attributes are written, how long a title is, spaces at the end of lines.
    'attribute-boolean-style': 'off',
    'long-title': 'off',
    'no-trailing-whitespace': 'off',
    'doctype-style': 'off',
    'void-style': 'off',
    // An address carries a list as one parameter that occurs several times.
    'form-dup-name': 'off',
  },
})

test('no page that is declared is forgotten in test/browser/page-list.ts', () =>
  expect(findForgotten().map((path) => `test/browser/page-list.ts lacks ${path}`)).toEqual([]))

test.each(PAGE_LIST.map((listed) => [listed.name, listed] as const))(
  '%s is valid HTML without inline style or script',
  async (_, listed) => {
    const { user = USER, ofEmpty = false, status = 200 } = listed
    const site = ofEmpty ? empty : website
    const headers = user === null ? {} : { cookie: await signIn(site, user) }
    const answer = await fetch(site.origin + (await findAddress(listed, website.store)), { headers })
    expect(answer.status).toBe(status)
    const markup = await answer.text()
    const { results } = await validator.validateString(markup)
    const problems = results.flatMap(({ messages }) =>
      messages.map(({ ruleId, message, line }) => `${line} ${ruleId}: ${message}`),
    )
    expect([...new Set(problems)].slice(0, 10)).toEqual([])
    expect(markup).not.toMatch(/ style=|<style|<script>| on[a-z]+=/)
    expect(markup).not.toContain('<script>alert')
  },
)
