import { describe, expect, test } from 'bun:test'
import { qrImage } from '../../../src/web/ui/qr-image.tsx'

/** The modules of the drawing, without the white around them. */
function draw(text: string): string[] {
  const markup = String(qrImage(text, 'a code').text)
  const side = Number(/viewBox="0 0 (\d+)/.exec(markup)?.[1]) - 8
  const rows = Array.from({ length: side }, () => new Array<string>(side).fill('.'))
  for (const [, x, y] of markup.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    const row = rows[Number(y) - 4]
    if (row) row[Number(x) - 4] = '#'
  }
  return rows.map((row) => row.join(''))
}
const aText = (length: number) =>
  Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 7 + length * 13) % 90))).join('')

/**
 * Made when jsQR 1.4.0, another's reader, had read them back: side, and SHA-256 of the
 * drawing.
 */
const READ_BACK: readonly (readonly [length: number, side: number, hash: string])[] = [
  [14, 21, '05fd1c803ca8eb4f42a5ff4b6a52ec69'],
  [15, 25, '695fef75c40454ec2b149d75bff7864d'],
  [26, 25, '69a9b54ae18e5b9f353a79eb95d61ca0'],
  [27, 29, 'd698dcc6682deb2a432f997260f85a6c'],
  [42, 29, '89cdcd119e550da0764641aeea77dd14'],
  [62, 33, '0254dd1d4cc9ea9fc8f39bf0b5cab23e'],
  [106, 41, 'a099c11352d9fe492570dd038def0386'],
  [122, 45, 'b8e4c52d58c63e946c52e10c6d6cceb4'],
  [180, 53, 'b9513dfec26467433a3bc91782f639e1'],
  [213, 57, '4989c47231e3c355b427cdda0615cbd3'],
]

describe('a QR code', () => {
  test.each(READ_BACK)('of %i bytes is the one that was read back', (length, side, hash) => {
    const rows = draw(aText(length))
    expect(rows).toHaveLength(side)
    expect(new Bun.CryptoHasher('sha256').update(rows.join('\n')).digest('hex')).toStartWith(hash)
  })

  test('has its three corners and its lines between them', () => {
    const rows = draw('otpauth://totp/x?secret=ABC')
    const last = rows.length - 7
    const corner = (x: number, y: number) => rows.slice(y, y + 7).map((row) => row.slice(x, x + 7))
    const wanted = ['#######', '#.....#', '#.###.#', '#.###.#', '#.###.#', '#.....#', '#######']
    expect(corner(0, 0)).toEqual(wanted)
    expect(corner(last, 0)).toEqual(wanted)
    expect(corner(0, last)).toEqual(wanted)
    expect(rows[6]?.slice(8, last - 1)).toMatch(/^(#\.)+#$/)
  })

  test('holds any text as UTF-8, and says when it is too long', () => {
    expect(draw('ü'.repeat(106))).toHaveLength(57)
    expect(() => qrImage('x'.repeat(2332), 'a code')).toThrow(RangeError)
  })
})
