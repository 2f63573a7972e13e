import { expect, test } from 'bun:test'
import { CheckpointPace } from '../../../src/storage/database/sqlite/checkpoint-pace.ts'

test('a commit that takes long moves fewer pages the next time, down to a least number', () => {
  const set: number[] = []
  const pace = new CheckpointPace((pages) => set.push(pages))
  for (let i = 0; i < 10; i++) {
    for (let j = 0; j < 10; j++) pace.noteCommit(2)
    pace.noteCommit(60)
  }
  expect(set).toEqual([2000, 1000, 500, 250, 125])
})

test('after many quick commits in a row more pages are moved again', () => {
  const set: number[] = []
  const pace = new CheckpointPace((pages) => set.push(pages))
  pace.noteCommit(1)
  pace.noteCommit(60)
  for (let i = 0; i < 199; i++) pace.noteCommit(1)
  expect(set).toEqual([2000, 1000])
  pace.noteCommit(1)
  expect(set).toEqual([2000, 1000, 2000])
  for (let i = 0; i < 1000; i++) pace.noteCommit(1)
  expect(set).toEqual([2000, 1000, 2000])
})

test('on a disk on which every commit takes long the number stays', () => {
  const set: number[] = []
  const pace = new CheckpointPace((pages) => set.push(pages))
  for (let i = 0; i < 1000; i++) pace.noteCommit(i % 10 === 9 ? 80 : 40)
  expect(set).toEqual([2000])
})

test('what is flushed beside other work counts for the disk, and keeps nobody waiting', () => {
  const set: number[] = []
  const pace = new CheckpointPace((pages) => set.push(pages))
  for (let i = 0; i < 1000; i++) pace.noteCommit(i % 10 === 9 ? 80 : 0.2, 40)
  expect(set).toEqual([2000])
  for (let i = 0; i < 1000; i++) pace.noteCommit(0.2, 60)
  expect(set).toEqual([2000])
})

test('of pages that lie all over the database few are moved from the first commit on, and of others as many as before', () => {
  const set: number[] = []
  const pace = new CheckpointPace((pages) => set.push(pages))
  for (const isScattered of [false, true, true, false, false, true]) {
    pace.expect(isScattered)
    pace.noteCommit(2)
  }
  expect(set).toEqual([2000, 250, 2000, 250])
})

test('a disk that is slow moves fewer of both', () => {
  const set: number[] = []
  const pace = new CheckpointPace((pages) => set.push(pages))
  pace.noteCommit(1)
  pace.expect(true)
  for (let i = 0; i < 4; i++) pace.noteCommit(60)
  pace.expect(false)
  expect(set).toEqual([2000, 250, 250, 250, 250, 125, 125])
})
