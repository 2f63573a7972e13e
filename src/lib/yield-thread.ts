/** Lets sockets and timers have their turn in the middle of long work. */
export function yieldThread(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
