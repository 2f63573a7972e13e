import { expect, test } from 'bun:test'
import { PathWidth } from '../../../src/agent/sending/path-width.ts'
import { fakeClock } from '../../support/clock.ts'

test('a path is narrow when usual packets were lost twice and small ones got through', async () => {
  const clock = fakeClock()
  const path = new PathWidth(clock)
  path.noteStored(4000)
  expect([path.maxPayload, path.isNarrow, path.beginRetest()]).toEqual([null, false, false])
  path.noteStalled(4000)
  expect(path.maxPayload).toBe(1140)
  path.noteStored(4000)
  // The server may have been slow.
  expect([path.isNarrow, path.beginRetest()]).toEqual([false, false])
  await clock.advance(600_000)
  expect([path.beginRetest(), path.maxPayload, path.beginRetest()]).toEqual([true, null, false])
  path.noteStalled(4000)
  expect(path.isNarrow).toBe(false)
  path.noteStored(4000)
  expect([path.isNarrow, path.maxPayload]).toEqual([true, 1140])
  // Mended a day later: it is tried again, and was seen to be.
  await clock.advance(86_400_000)
  expect([path.beginRetest(), path.isNarrow]).toEqual([true, true])
  path.noteStored(4000)
  expect([path.maxPayload, path.isNarrow]).toEqual([null, false])
})

test('a server that was slow once does not make a path narrow', async () => {
  const clock = fakeClock()
  const path = new PathWidth(clock)
  for (let i = 0; i < 3; i++) path.noteStalled(4000)
  path.noteStored(4000)
  expect(path.isNarrow).toBe(false)
  await clock.advance(600_000)
  expect(path.beginRetest()).toBe(true)
  path.noteStored(4000)
  expect([path.maxPayload, path.isNarrow]).toEqual([null, false])
})

test('short batches, which pass a narrow path too, do not make it count as wide', async () => {
  const clock = fakeClock()
  const path = new PathWidth(clock)
  path.noteStalled(4000)
  path.noteStored(900)
  await clock.advance(600_000)
  expect(path.beginRetest()).toBe(true)
  path.noteStored(900)
  path.noteStalled(4000)
  path.noteStored(900)
  expect([path.isNarrow, path.maxPayload]).toEqual([true, 1140])
  // But a day without trouble does.
  await clock.advance(86_400_000)
  expect(path.beginRetest()).toBe(true)
  path.noteStored(900)
  expect(path.isNarrow).toBe(true)
  await clock.advance(86_500_000)
  path.noteStored(900)
  expect(path.isNarrow).toBe(false)
})

test('outages in which small batches were lost do not make a path narrow, handshakes that were lost do', async () => {
  const clock = fakeClock()
  const path = new PathWidth(clock)
  for (let outage = 0; outage < 5; outage++) {
    path.noteStalled(700)
    expect(path.maxPayload).toBe(1140)
    path.noteStored(700)
    expect(path.isNarrow).toBe(false)
    await clock.advance(600_000)
    expect([path.beginRetest(), path.maxPayload]).toEqual([true, null])
    path.noteStored(700)
  }
  // A handshake with its certificates is longer than a small packet.
  for (let i = 0; i < 2; i++) {
    path.noteStalled(0)
    path.noteStored(700)
    await clock.advance(600_000)
    path.beginRetest()
  }
  expect(path.isNarrow).toBe(true)
})
