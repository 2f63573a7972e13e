import { expect, test } from 'bun:test'
import { createLog } from '../../src/lib/log.ts'

/**
 * A terminal's control sequence of C1, a turn of direction, a zero-width blank, a line separator, a tag beyond 16 bits,
 * and fillers of Hangul.
 */
const HOSTILE = 'a\u009b31mb\u202ec\u200bd\u2028e\u{e0041}f\u001bg\u3164h\u115f'

test.each(['text', 'json', 'journal'] as const)(
  'what nobody would see is escaped in a log of %s',
  (format) => {
    const lines: string[] = []
    const log = createLog({ level: 'info', format, write: (line) => lines.push(line) })
    log.warn(`said ${HOSTILE}`, { detail: HOSTILE })
    const [line = ''] = lines
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u)
    expect(line).toContain('b\\u202ec\\u200bd')
    if (format === 'json') expect(JSON.parse(line)).toMatchObject({ detail: HOSTILE })
  },
)
