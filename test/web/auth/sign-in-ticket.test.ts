import { expect, test } from 'bun:test'
import { isTicketOf, readTicket, writeTicket } from '../../../src/web/auth/sign-in-ticket.ts'

const TICKET = { user: 'vera.名前', until: 1_795_000_000, nonce: 'n-1' }
const HASH = '$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA'

test('a ticket says whose it is and until when, and is true for that password alone', () => {
  const text = writeTicket(TICKET, HASH)
  expect(readTicket(text)).toEqual(TICKET)
  expect(isTicketOf(text, TICKET, HASH)).toBe(true)
  expect(isTicketOf(text, TICKET, `${HASH}x`)).toBe(false)
})

test('a ticket with another name, a later end or other last letters is none', () => {
  const text = writeTicket(TICKET, HASH)
  const [name = '', until = '', nonce = '', mac = ''] = text.split('.')
  const forged = [
    `${Buffer.from('admin').toString('base64url')}.${until}.${nonce}.${mac}`,
    `${name}.${Number(until) + 60}.${nonce}.${mac}`,
    `${name}.${until}.n-2.${mac}`,
    `${name}.${until}.${nonce}.${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`,
  ]
  for (const one of forged) {
    const claimed = readTicket(one)
    expect(claimed).not.toBeNull()
    if (claimed) expect(isTicketOf(one, claimed, HASH)).toBe(false)
  }
})

test.each([
  '',
  'made-up',
  'a.b.c',
  `${'a'.repeat(2000)}.1.n.${'b'.repeat(43)}`,
  `x.-1.n.${'b'.repeat(43)}`,
  `x.1.n.${'b'.repeat(42)}`,
])('%p is not read as a ticket', (text) => {
  expect(readTicket(text)).toBeNull()
})
