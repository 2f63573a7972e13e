import { expect, test } from 'bun:test'
import { MAX_FINGERPRINTS } from '../../src/domain/hosts/host.ts'
import { readFacts } from '../../src/protocol/field.ts'

const read = (program: unknown) => readFacts({ ip: '10.0.0.5', program }, null)?.program
const FINGERPRINT = '0123456789abcdef'.repeat(4)

test('what an agent says of its program is bounded, and it does not say what let it in', () => {
  const program = { version: '0.1.0 (abc)', fingerprints: [FINGERPRINT], admission: 'current' }
  expect(read(program)).toEqual({ version: '0.1.0 (abc)', fingerprints: [FINGERPRINT] })
  expect(read({ version: 'v'.repeat(1000), fingerprints: Array(100).fill(FINGERPRINT) })).toEqual({
    version: 'v'.repeat(64),
    fingerprints: Array(MAX_FINGERPRINTS).fill(FINGERPRINT),
  })
  expect(read({ version: 7, fingerprints: ['x', 7, null, `${FINGERPRINT}0`] })).toEqual({
    version: '7',
    fingerprints: [],
  })
})

test.each([['text'], [['0.1.0']], [null], [7]])('%p is no program', (program) => {
  expect(read(program)).toBeUndefined()
})
