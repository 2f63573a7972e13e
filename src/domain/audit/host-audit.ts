/** A day whose samples were counted and are not what was acknowledged. */
export type DayDifference = {
  /** Days since 1970, UTC. */
  readonly day: number
  readonly acknowledged: number
  readonly counted: number
  /** Damage was found on the server's disk since: damaged samples are not counted. */
  readonly isDamaged: boolean
}

/** Counts of frames and events together, unless noted otherwise. */
export type HostAudit = {
  readonly host: string
  /** False for agents that number nothing, whose completeness is not known. */
  readonly isNumbered: boolean
  /** From when on it is known, by the server's clock; null when it is not. */
  readonly since: number | null
  /** Time of the newest received frame; null when there is none. */
  readonly lastTime: number | null
  /** All that there should be: present, pending and missing. */
  readonly expected: number
  readonly present: number
  /** Still with the agent. */
  readonly pending: number
  /** By reason; `unexplained` where no agent has reported one. */
  readonly missing: Readonly<Record<string, number>>
  /** Received more than once, as happens after an answer was lost; stored once. */
  readonly repeated: number
  readonly samples: {
    /** Of days that were counted: samples that were acknowledged, and those that are in their blocks. */
    readonly acknowledged: number
    readonly counted: number
    readonly days: number
    /** Samples that are stored in excess of the acknowledged ones. */
    readonly doubled: number
    /** Days of which fewer or more samples are stored; the newest, at most 100. */
    readonly differences: readonly DayDifference[]
  }
  /** The server's refusals by reason, over the whole stored time. */
  readonly refused: Readonly<Record<string, number>>
}
