import { describe, expect, test } from 'bun:test'
import { DEFAULT_LIMITS } from '../../../src/collect/connection/connection-limits.ts'
import { findTimedOut, type Pace } from '../../../src/collect/connection/timeouts.ts'

const LIMITS = {
  ...DEFAULT_LIMITS,
  silenceMs: 30_000,
  idleMs: 3_600_000,
  slowMs: 60_000,
  slowBytesPerSecond: 1000,
  memoryWaitMs: 60_000,
}
const NOW = 10_000_000

const aPace = (changes: Partial<Pace>): Pace => ({
  since: NOW - 7_200_000,
  lastActive: NOW,
  message: { since: null, bytes: 0 },
  memoryWaitSince: null,
  lingerUntil: null,
  isKnown: true,
  isPaused: false,
  isAnswering: false,
  hasUnread: false,
  ...changes,
})

describe('a connection has had its time when', () => {
  test.each<[string, Partial<Pace>, string | null]>([
    ['a stranger has not said the passphrase', { isKnown: false, since: NOW - 30_001 }, 'silent'],
    [
      'so has one that goes on with a message',
      { isKnown: false, since: NOW - 30_001, message: { since: NOW - 1000, bytes: 1_000_000 } },
      'silent',
    ],
    [
      'it stops amidst a message',
      { message: { since: NOW - 40_000, bytes: 0 }, lastActive: NOW - 30_001 },
      'silent',
    ],
    ['a message dribbles', { message: { since: NOW - 60_001, bytes: 60_000 } }, 'slow'],
    ['it does not read its answers', { hasUnread: true, isPaused: true, lastActive: NOW - 30_001 }, 'unread'],
    ['it waited for memory too long', { memoryWaitSince: NOW - 60_001, isPaused: true }, 'memory'],
    ['it rests for long, without a reproach', { lastActive: NOW - 3_600_001 }, null],
    ['it lingers beyond its time, without a reproach', { lingerUntil: NOW }, null],
  ])('%s', (_, changes, reason) =>
    expect(findTimedOut(aPace(changes), NOW, LIMITS)).toMatchObject({ reason }),
  )
})

describe('a connection has time left when', () => {
  test.each<[string, Partial<Pace>]>([
    ['a stranger is still within its time', { isKnown: false, since: NOW - 30_000 }],
    ['a known agent rests', { lastActive: NOW - 3_600_000 }],
    ['a long message comes quickly enough', { message: { since: NOW - 600_000, bytes: 600_000 } }],
    ['a message is young, however slow', { message: { since: NOW - 60_000, bytes: 1 } }],
    [
      'storage keeps it waiting',
      { isPaused: true, message: { since: NOW - 999_999, bytes: 0 }, lastActive: NOW - 999_999 },
    ],
    ['storage keeps a stranger waiting', { isPaused: true, isKnown: false, since: NOW - 999_999 }],
    ['its answer is due from us', { isAnswering: true, isKnown: false, lastActive: NOW - 999_999 }],
    ['it waits for memory not that long', { memoryWaitSince: NOW - 60_000, isPaused: true }],
    ['it was told to go just now', { lingerUntil: NOW + 1, lastActive: NOW - 999_999 }],
  ])('%s', (_, changes) => expect(findTimedOut(aPace(changes), NOW, LIMITS)).toBeNull())
})
