/** What the audit log calls changes of hosts, wherever they are made. */
export const HOST_CHANGES = {
  groups: 'change groups of host',
  rename: 'rename host',
  delete: 'delete host',
  release: 'release host',
  approve: 'approve host',
  refuse: 'refuse host',
} as const
