/** Thrown to whoever asks for something while too many others wait for the same: to be tried again later. */
export class TooBusyError extends Error {
  override readonly name = 'TooBusyError'
}
