import { isatty } from 'node:tty'

const STREAMS = [0, 1, 2]

/**
 * Calls `act` on SIGHUP. The same signal comes when the terminal goes that the program was started at: then
 * `leave` is called, for nobody could end it any more who does not know its number. Windows has no such
 * signal.
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
