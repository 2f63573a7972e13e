/** Thrown when too many others already wait for the same: the caller should try again later. */
export class TooBusyError extends Error {
  override readonly name = 'TooBusyError'
}
