import type { ConnectionSocket } from './connection-context.ts'

/** Why nothing is read; bits of one number. */
export const PAUSED_FOR_ANSWERS = 1
export const PAUSED_FOR_STORAGE = 2
export const PAUSED_FOR_MEMORY = 4
export const PAUSED_FOR_STOP = 8
export const PAUSED_FOR_ADMISSION = 16

/** Whether a connection is read from; several reasons for a pause may apply at once. */
export class ReadPause {
  readonly #socket: Pick<ConnectionSocket, 'pause'>
  /** Bits of `PAUSED_FOR_…`. */
  #reasons = 0

  constructor(socket: Pick<ConnectionSocket, 'pause'>) {
    this.#socket = socket
  }

  get isOn(): boolean {
    return this.#reasons !== 0
  }

  begin(reason: number): void {
    if (!this.isOn) this.#socket.pause()
    this.#reasons |= reason
  }

  /** True when it was the last reason; the socket is left to the caller, who may hold unread bytes. */
  end(reason: number): boolean {
    if ((this.#reasons & reason) === 0) return false
    this.#reasons &= ~reason
    return !this.isOn
  }
}
