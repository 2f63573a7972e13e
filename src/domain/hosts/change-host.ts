/** Names of changes of hosts in the audit log, wherever they are made. */
export const HOST_CHANGES = {
  groups: 'change groups of host',
  rename: 'rename host',
  delete: 'delete host',
  release: 'release host',
  approve: 'approve host',
  refuse: 'refuse host',
} as const

/** Names of changes of enrolment codes. */
export const ENROLMENT_CHANGES = { make: 'make enrolment code', revoke: 'revoke enrolment code' } as const
