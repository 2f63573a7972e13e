/** A request to the NVML thread: which library, once a reading. */
export type NvmlOrder = { readonly library: string }

export type NvmlAnswer =
  | { readonly gpus: readonly NvidiaGpu[] }
  /** The library can't be loaded, or refuses. */
  | { readonly problem: string }

/** Null for values that the card does not report. */
export type NvidiaGpu =
  | {
      readonly index: number
      /** Percent of the last moments in which it was busy. */
      readonly busy: number | null
      /** Bytes. */
      readonly memoryTotal: number | null
      readonly memoryUsed: number | null
      readonly celsius: number | null
      readonly milliwatts: number | null
    }
  | { readonly index: number; readonly problem: string }
