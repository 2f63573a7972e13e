/**
 * The state of the thresholds, as it is in the queue's file, and a copy here in case that file has to be
 * replaced.
 */
export class KeptThresholds {
  #text: string | null = null
  #isSaved = true
  #found: { readonly kept: string | null } | null = null

  /** The state to be written; null when the file has it. */
  get unsaved(): string | null {
    return this.#isSaved ? null : this.#text
  }

  set(text: string): void {
    this.#text = text
    this.#isSaved = false
  }

  noteSaved(): void {
    this.#isSaved = true
  }

  /** The file is another one, which holds none. */
  noteFileReplaced(): void {
    this.#isSaved = this.#text === null
  }

  noteFound(kept: string | null): void {
    this.#found = { kept }
  }

  /** The state in a file that was just opened: returned once. */
  takeFound(): { readonly kept: string | null } | null {
    const found = this.#found
    this.#found = null
    return found
  }
}
