import type { Series } from '../../domain/sample.ts'
import { mergeSeries } from './codec/series-builder.ts'

export const NO_SAMPLES: Series = { times: new Float64Array(), values: new Float64Array() }

/** A frame is older than samples that were compacted from it, and these are older than late ones. */
export function mergeByAge(hot = NO_SAMPLES, compacted = NO_SAMPLES, late = NO_SAMPLES): Series {
  return mergeSeries(mergeSeries(hot, compacted), late)
}
