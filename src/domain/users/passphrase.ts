/** Longest passphrase between agents and server, in characters: what is longer is refused unread. */
export const MAX_PASSPHRASE = 1024
