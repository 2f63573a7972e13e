import { expect, test } from 'bun:test'
import { dropServiceWord, findServiceWord, writeServiceWord } from '../../src/service/service-argument.ts'

const word = { name: 'monitor-agent', folder: 'C:\\Program Data, all of it\\monitor' }

test('a service finds its own name and folder among its arguments, and the rest is as a user writes it', () => {
  const words = ['agent', '--config', 'x', writeServiceWord(word)]
  expect(findServiceWord(words)).toEqual(word)
  expect(dropServiceWord(words)).toEqual(['agent', '--config', 'x'])
})

test.each([[[]], [['agent']], [['--windows-service=']], [['--windows-service=x']]])(
  'a process that nobody started as a service knows it: %j',
  (words) => expect(findServiceWord(words)).toBeNull(),
)
