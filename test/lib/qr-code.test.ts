import { describe, expect, test } from 'bun:test'
import { encodeQr } from '../../src/lib/qr-code.ts'

const draw = (text: string) => encodeQr(text).map((row) => row.map((isDark) => (isDark ? '#' : '.')).join(''))
const aText = (length: number) =>
  Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 7 + length * 13) % 90))).join('')

/**
 * Made when jsQR 1.4.0, another's reader, had read every length from 1 to 213 back: side, and SHA-256 of the
 * drawing.
 */
const READ_BACK: readonly (readonly [length: number, side: number, hash: string])[] = [
  [1, 21, 'aae312d1243a10e16b6fc876feeff69a'],
  [14, 21, '05fd1c803ca8eb4f42a5ff4b6a52ec69'],
  [15, 25, '695fef75c40454ec2b149d75bff7864d'],
  [26, 25, '69a9b54ae18e5b9f353a79eb95d61ca0'],
  [27, 29, 'd698dcc6682deb2a432f997260f85a6c'],
  [42, 29, '89cdcd119e550da0764641aeea77dd14'],
  [62, 33, '0254dd1d4cc9ea9fc8f39bf0b5cab23e'],
  [84, 37, 'fadd609872fcb092930ffc2e6d2bd903'],
  [106, 41, 'a099c11352d9fe492570dd038def0386'],
  [122, 45, 'b8e4c52d58c63e946c52e10c6d6cceb4'],
  [152, 49, '8caabc208f75fc0a39efd965a0eef72a'],
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
    expect(() => encodeQr('ü'.repeat(107))).toThrow(RangeError)
  })
})
