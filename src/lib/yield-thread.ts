/** Pieces of long work that go on, by their turn. */
const waiting: (() => void)[] = []

/**
 * Lets sockets and timers have their turn in the middle of long work. Of all pieces that wait one goes on at a time, and sockets
 * are looked at between them: fifty pieces of 10 ms, each of other work, hold nothing up for longer than one does.
 */
export function yieldThread(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(goOn)
  })
}

function goOn() {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(goOn)
}
