/**
 * Words of other programs for the state of their things. A metric of a status has the place of its word, 0 for one that
 * is not here: places are part of what is stored and never change.
 */

/** Of Docker and Podman. */
export const CONTAINER_STATUS: readonly string[] = [
  'unknown',
  'running',
  'exited',
  'restarting',
  'paused',
  'created',
  'dead',
  'removing',
  'stopping',
  'stopped',
  'initialized',
]

/** Of ZFS. */
export const POOL_STATUS: readonly string[] = [
  'unknown',
  'online',
  'degraded',
  'faulted',
  'offline',
  'unavail',
  'removed',
  'suspended',
]

/** The place of a word, whatever its case. */
export const placeOfStatus = (statuses: readonly string[], word: string): number =>
  Math.max(0, statuses.indexOf(word.toLowerCase()))

/** `1 running, 2 exited`, for the guide. */
export const listStatuses = (statuses: readonly string[]): string =>
  statuses.map((word, place) => `${place} ${word}`).join(', ')
