import { isatty } from 'node:tty'

const STREAMS = [0, 1, 2]

/**
 * Calls `act` on SIGHUP. The same signal comes when the terminal closes in which the program was started:
 * then `leave` is called, because otherwise the program could only be ended by its process id. Windows has no
 * such signal.
 */
export function onSighup(act: () => void, leave: () => void): void {
  if (process.platform === 'win32') return
  const atTerminal = STREAMS.filter((stream) => isatty(stream))
  process.on('SIGHUP', () => {
    const isGone = atTerminal.some((stream) => !isatty(stream))
    if (isGone) leave()
    else act()
  })
}
