import type { PickerChoices } from '../../charts/series-picker.tsx'
import type { GraphData } from './read-graph.ts'

/** The data that was read for a request. */
export type GraphRequestData = GraphData & {
  readonly url: URL
  readonly choices: PickerChoices | null
  readonly groups: readonly string[]
  readonly group: string | null
  readonly now: number
  readonly silence: number
}

/** The same with what its pieces share. */
export type GraphModel = GraphRequestData & {
  readonly names: readonly string[]
  /** Of any line several samples are one row. */
  readonly isDownsampled: boolean
}
