import { describe, expect, test } from 'bun:test'
import { MAX_FORM_BYTES, readForm, readLocalPath } from '../../../src/web/http/request-body.ts'
import { fakeClock } from '../../support/clock.ts'
import { findFailure } from '../../support/failure.ts'

describe('the path to go to after signing in', () => {
  test.each([
    ['/', '/'],
    ['/hosts', '/hosts'],
    ['/hosts?q=a&page=2#x', '/hosts?q=a&page=2#x'],
    ['/hosts/a%20b', '/hosts/a%20b'],
    ['/a/../hosts', '/hosts'],
    ['/loginhistory', '/loginhistory'],
    [null, '/'],
    ['', '/'],
    ['hosts', '/'],
    ['http://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['///evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['\\/evil.example/', '/'],
    ['/\t/evil.example/', '/'],
    ['/\n/evil.example', '/'],
    ['/.//evil.example', '/'],
    ['/a/..//evil.example', '/'],
    ['/%2e//evil.example', '/'],
    ['javascript:alert(1)', '/'],
    [' //evil.example', '/'],
    ['/login', '/'],
    ['/login?next=/login', '/'],
    ['/logout', '/'],
    ['/live', '/'],
    ['/api/v1/hosts', '/'],
  ])('%j leads to %j', (given, path) => {
    expect(readLocalPath(given)).toBe(path)
  })

  test('is not longer than any of ours', () => {
    expect(readLocalPath(`/${'a'.repeat(3000)}`)).toBe('/')
  })

  test('never leads to another site, whatever is made up', () => {
    const pieces = [
      '/',
      '\\',
      '.',
      '..',
      '\t',
      '\n',
      '%2f',
      '%5c',
      '%2e',
      'evil.example',
      '@',
      ':',
      '?',
      '#',
      'http:',
      '\0',
      'ü',
    ]
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    for (let i = 0; i < 20_000; i++) {
      const text = `/${Array.from({ length: random(7) }, () => pieces[random(pieces.length)]).join('')}`
      const path = readLocalPath(text)
      const target = new URL(path, 'https://ours.example/login')
      expect(`${text}: ${target.origin}`).toBe(`${text}: https://ours.example`)
      expect(path.startsWith('//')).toBe(false)
    }
  })
})

describe('a form', () => {
  const post = (body: string | ReadableStream, type = 'application/x-www-form-urlencoded') =>
    readForm(
      new Request('http://x/', { method: 'POST', body, headers: { 'content-type': type } }),
      fakeClock(),
    )

  test('is read as fields', async () => {
    expect(Object.fromEntries(await post('a=1&b=x%20y'))).toEqual({ a: '1', b: 'x y' })
    expect(Object.fromEntries(await post('a=1', 'application/X-www-form-urlencoded; charset=UTF-8'))).toEqual(
      { a: '1' },
    )
    expect([...(await post('', 'text/plain'))]).toEqual([])
  })

  test('of another kind is refused', async () => {
    expect(await findFailure(post('{"a":1}', 'application/json'))).toMatchObject({ error: { status: 415 } })
    expect(await findFailure(post('a=1', 'text/plain'))).toMatchObject({ error: { status: 415 } })
  })

  test('that is too large is refused, with or without a length given', async () => {
    expect(await findFailure(post(`a=${'x'.repeat(MAX_FORM_BYTES)}`))).toMatchObject({
      error: { status: 413 },
    })
    const pieces = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(MAX_FORM_BYTES + 1).fill(97))
        controller.close()
      },
    })
    expect(await findFailure(post(pieces))).toMatchObject({ error: { status: 413 } })
  })
})
