/** What the thresholds remember, as it is in the queue's file, and here for a file that has to be begun anew. */
export class KeptThresholds {
  #text: string | null = null
  #isSaved = true
  #found: { readonly kept: string | null } | null = null

  /** What is to be written; null when the file has it. */
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

  /** What a file that was opened held: given once. */
  takeFound(): { readonly kept: string | null } | null {
    const found = this.#found
    this.#found = null
    return found
  }
}
