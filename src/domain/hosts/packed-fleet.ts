/**
 * All hosts for a map that a script draws, as the website sends it and the script reads it: names by group, and
 * one character a host for each of fill, state and worst event.
 */
export type PackedFleet = {
  readonly groups: readonly {
    readonly name: string
    readonly hosts: readonly string[]
    /** Tenths of the fill, `a` for ten, `-` for none. */
    readonly fills: string
    /** Places in `PACKED_STATES`. */
    readonly states: string
    /** Severity of the worst open event, 0 for none. */
    readonly events: string
  }[]
}

/** States of hosts in the order by which they are packed. */
export const PACKED_STATES = ['up', 'down', 'maintenance', 'new'] as const
