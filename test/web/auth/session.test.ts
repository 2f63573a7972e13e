import { describe, expect, test } from 'bun:test'
import { hashToken } from '../../../src/lib/hash-token.ts'
import { cookieName, readCookie } from '../../../src/web/auth/cookies.ts'
import { createCsrf, isCsrf } from '../../../src/web/auth/session.ts'
import { isFromAnotherSite } from '../../../src/web/http/authenticate.ts'

const TOKEN = `${'a'.repeat(42)}-`

describe('the cookie', () => {
  test.each([
    [`session=${TOKEN}`, TOKEN],
    [`a=b; session=${TOKEN}; c=d`, TOKEN],
    [`a=b;session=${TOKEN}`, TOKEN],
    [null, null],
    ['', null],
    ['session=', null],
    [`xsession=${TOKEN}`, null],
    [`session=${TOKEN}x`, null],
    [`session=${TOKEN.slice(1)}`, null],
    [`session="${TOKEN}"`, null],
    [`session=${'ü'.repeat(43)}`, null],
  ])('%j gives %j', (header, token) => {
    expect(readCookie(header, 'session', /^[A-Za-z0-9_-]{43}$/)).toBe(token)
  })

  test.each([
    ['monitor.example.org:8080', false, '', 'monitor-session-8080'],
    ['monitor.example.org', false, '', 'monitor-session-80'],
    // Browsers refuse `__Host-` with a path.
    ['monitor.example.org', true, '/a', '__Secure-monitor-session-443'],
    ['monitor.example.org', false, '/a', 'monitor-session-80'],
    ['monitor.example.org', true, '', '__Host-monitor-session-443'],
    ['[2001:db8::1]:8443', true, '', '__Host-monitor-session-8443'],
    ['', false, '', 'monitor-session-80'],
    ['a; b=c:1;', false, '', 'monitor-session-80'],
  ])('of %j over HTTPS %p below %j is called %s', (host, isSecure, basePath, name) => {
    expect(cookieName('session', { host, isSecure, basePath })).toBe(name)
  })

  test('is kept as its SHA-256', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

describe('the token of a form', () => {
  test('is good for its own session only', () => {
    expect(isCsrf(createCsrf('one'), 'one')).toBe(true)
    expect(isCsrf(createCsrf('one'), 'two')).toBe(false)
  })

  test('differs each time', () => {
    expect(createCsrf('one')).not.toBe(createCsrf('one'))
  })

  test('is nothing else', () => {
    for (const text of [null, '', 'x', 'AAAA', 'ü', 'a'.repeat(100_000)])
      expect(isCsrf(text, 'one')).toBe(false)
  })

  test('is rejected after any change', () => {
    const csrf = createCsrf('one')
    for (let i = 0; i < csrf.length - 1; i++) {
      const changed = csrf.slice(0, i) + (csrf[i] === 'A' ? 'B' : 'A') + csrf.slice(i + 1)
      expect(isCsrf(changed, 'one')).toBe(false)
    }
  })
})

describe('a POST from another site', () => {
  test.each([
    [{}, false],
    [{ origin: 'http://ours:8080' }, false],
    [{ origin: 'https://ours:8080' }, false],
    [{ origin: 'http://OURS:8080' }, false],
    [{ origin: 'http://ours' }, true],
    [{ origin: 'http://theirs:8080' }, true],
    [{ origin: 'null' }, true],
    [{ origin: '' }, true],
    [{ 'sec-fetch-site': 'same-origin' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'same-site' }, true],
    [{ 'sec-fetch-site': 'cross-site' }, true],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://outside-name' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://ours:8080' }, true],
  ] as [Record<string, string>, boolean][])('is told by %j: %j', (headers, expected) => {
    expect(isFromAnotherSite(new Headers({ host: 'ours:8080', ...headers }))).toBe(expected)
  })
})
