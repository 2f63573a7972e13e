import { expect, test } from 'bun:test'
import { findLags, type Lag } from '../../../src/domain/hosts/agent-lag.ts'
import type { AgentProgram, HostFacts } from '../../../src/domain/hosts/host.ts'

const NEW = 'a'.repeat(64)
const OLD = 'b'.repeat(64)
const SERVER = { version: '1.2.0 (abc)', fingerprint: NEW }
const SAME: AgentProgram = { version: '1.2.0 (abc)', fingerprints: [NEW], admission: 'current' }

const CASES: readonly [what: string, program: AgentProgram | undefined, lags: Lag[]][] = [
  ['as the server is', SAME, []],
  ['one that was never told of', undefined, []],
  ['another version', { ...SAME, version: '1.1.0 (abc)' }, ['version']],
  ['one of ours that does not say its version yet', { ...SAME, version: '' }, ['version']],
  ['the previous passphrase', { ...SAME, admission: 'previous' }, ['passphrase']],
  ['a key', { ...SAME, admission: 'key' }, []],
  ['both certificates, during the change', { ...SAME, fingerprints: [OLD, NEW] }, []],
  ['the old certificate alone', { ...SAME, fingerprints: [OLD] }, ['certificate']],
  ['no certificate, because a CA vouches', { ...SAME, fingerprints: [] }, []],
  [
    'everything old',
    { version: '1', fingerprints: [OLD], admission: 'previous' },
    ['version', 'passphrase', 'certificate'],
  ],
]

for (const [what, program, lags] of CASES)
  test(`what is still to do to an agent: ${what}`, () =>
    expect(findLags(program === undefined ? {} : { program }, SERVER)).toEqual(lags))

test('an agent of the original has no version of ours, and may say the previous passphrase', () => {
  const program: HostFacts['program'] = { version: '', fingerprints: [], admission: 'previous' }
  expect(findLags({ agent: 'original', program }, SERVER)).toEqual(['passphrase'])
})

test('a server without a certificate asks for none', () =>
  expect(findLags({ program: { ...SAME, fingerprints: [OLD] } }, { ...SERVER, fingerprint: null })).toEqual(
    [],
  ))
