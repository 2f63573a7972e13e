/** A row of the jump box, as the server sends it and the browser shows it. */
export type JumpRow = {
  readonly kind: 'host' | 'metric' | 'view' | 'page' | 'action' | 'search'
  readonly title: string
  /** Smaller, beside the title. */
  readonly detail: string
  /** Where it leads. */
  readonly path: string
}

export type JumpAnswer = { readonly rows: readonly JumpRow[] }

/** The place of a row that changes the colours, which no page does: the script acts in its place. */
export const THEME_ACTION = '#theme'

/** Longest text that is looked for. */
export const MAX_JUMP_TEXT = 200
