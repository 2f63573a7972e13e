import { expect, test } from 'bun:test'
import type { AgentProgram } from '../../../src/domain/hosts/host.ts'
import { digestFacts, factValues, parseProgram } from '../../../src/storage/hosts/host-facts.ts'
import { writeProgram } from '../../../src/storage/hosts/program-form.ts'
import { FACTS } from '../reports.ts'

const PROGRAMS: readonly AgentProgram[] = [
  { version: '', fingerprints: [], admission: 'current' },
  { version: '1.2.0', fingerprints: [], admission: 'key' },
  { version: '1.2.0', fingerprints: ['ab'.repeat(32), 'cd'.repeat(32)] },
  { version: '', fingerprints: [] },
]

test('of a program is written what the agent has said, and read as it was told, as that of earlier builds', () => {
  for (const program of PROGRAMS) {
    const text = factValues('web01', { ...FACTS, program }, writeProgram).at(-1)
    expect(text).not.toMatch(/""|\[\]/)
    const facts = { ...FACTS, program }
    for (const stored of [String(text), JSON.stringify(program)]) {
      expect(parseProgram(stored)).toEqual({ program })
      // Facts that are the same as those stored must not be written again.
      expect(digestFacts({ ...FACTS, ...parseProgram(stored) })).toBe(digestFacts(facts))
    }
  }
})
