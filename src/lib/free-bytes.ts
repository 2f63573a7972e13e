/** Fewer bytes are collected as cheaply as they are freed. */
const LEAST_BYTES = 16 * 1024

/**
 * Frees the memory of bytes that nobody uses any more, at once; they have no content then. Otherwise it is freed when
 * garbage is collected, and bytes that were in use when new garbage was last looked for only when everything is looked
 * at. Does nothing where they are few, or are a part of a larger buffer.
 */
export function freeBytes({ buffer, length }: Uint8Array): void {
  if (length < LEAST_BYTES || buffer.byteLength !== length || !(buffer instanceof ArrayBuffer)) return
  buffer.transfer(0)
}
