import { describe, expect, test } from 'bun:test'
import { MAX_GROUPS } from '../../src/domain/hosts/group.ts'
import { readFacts } from '../../src/protocol/field.ts'

const groupsOf = (groups: unknown) => readFacts({ ip: '10.0.0.5', groups }, null)?.groups

describe('the groups that an agent says', () => {
  test('are taken as they are', () => {
    expect(groupsOf(['web', 'büro-1'])).toEqual(['web', 'büro-1'])
  })

  test.each([[undefined], [null], ['web'], [{}], [[]], [['Web', '', 7, null, 'a b', '<b>', 'x'.repeat(65)]]])(
    'are none when they are %j',
    (groups) => expect(groupsOf(groups)).toBeUndefined(),
  )

  test('are bounded in number', () => {
    expect(groupsOf(Array.from({ length: 500 }, (_, i) => `g${i}`))).toHaveLength(MAX_GROUPS)
  })
})
