/** Longest passphrase between agents and server, in characters: a longer one is refused unread. */
export const MAX_PASSPHRASE = 1024

/** In place of a passphrase in the configuration: none lets anybody in. */
export const NO_PASSPHRASE = 'off'
