/** Why nothing is read from a connection; bits of one number, since several reasons may apply at once. */
export const PAUSED_FOR_ANSWERS = 1
export const PAUSED_FOR_STORAGE = 2
export const PAUSED_FOR_MEMORY = 4
export const PAUSED_FOR_STOP = 8
export const PAUSED_FOR_ADMISSION = 16
