import type { Access } from '../../../domain/users/user.ts'

/** A page under Settings, as its index, its navigation and the search know it. */
export type SettingsEntry = {
  readonly path: string
  readonly title: string
  readonly doc: string
  /** Synonyms for the search. */
  readonly words?: string
  readonly access: Access
  readonly group: 'Notifications' | 'Access' | 'You' | 'This server'
}

export const SETTINGS_ENTRIES: readonly SettingsEntry[] = [
  {
    path: '/settings/rules',
    title: 'Notification rules',
    doc: 'Who is notified of which events, and how.',
    words: 'alert alerts mail escalation repeat',
    access: 'operator',
    group: 'Notifications',
  },
  {
    path: '/settings/targets',
    title: 'Targets',
    doc: 'Named addresses that rules send to.',
    words: 'channel channels mail webhook slack ntfy telegram',
    access: 'operator',
    group: 'Notifications',
  },
  {
    path: '/settings/maintenance',
    title: 'Maintenance and quiet hours',
    doc: 'Mute notifications during planned work.',
    words: 'window windows downtime mute silence planned',
    access: 'operator',
    group: 'Notifications',
  },
  {
    path: '/settings/preferences',
    title: 'Preferences',
    doc: 'Theme, time zone and date format, for you alone.',
    words: 'theme dark light timezone',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/views',
    title: 'Saved views',
    doc: 'Names for pages with their filters, for you or for everybody.',
    words: 'view bookmark filter dashboard',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/password',
    title: 'Password',
    doc: 'Change the password that you sign in with.',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/two-factor',
    title: 'Two-factor authentication',
    doc: 'An authenticator app besides the password.',
    words: '2fa mfa totp otp authenticator',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/sessions',
    title: 'Sessions',
    doc: 'Where you are signed in; revoke what you don’t recognise.',
    words: 'devices sign out',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/tokens',
    title: 'API tokens',
    doc: 'API access with your permissions.',
    words: 'bearer key script',
    access: 'viewer',
    group: 'You',
  },
  {
    path: '/settings/users',
    title: 'Users',
    doc: 'Users and their roles.',
    words: 'accounts access roles',
    access: 'admin',
    group: 'Access',
  },
  {
    path: '/settings/audit',
    title: 'Audit log',
    doc: 'Every change by a person: who, when, from where, what.',
    words: 'history changes',
    access: 'admin',
    group: 'Access',
  },
  {
    path: '/add-host',
    title: 'Add a host',
    doc: 'Commands that start an agent on Linux and Windows.',
    words: 'install enrol passphrase fingerprint',
    access: 'admin',
    group: 'This server',
  },
  {
    path: '/settings/storage',
    title: 'Storage',
    doc: 'Database size and retention.',
    words: 'retention backup disk size',
    access: 'admin',
    group: 'This server',
  },
  {
    path: '/settings/guide',
    title: 'User guide',
    doc: 'Every page, metric, command and setting.',
    words: 'help manual documentation keys shortcuts api',
    access: 'viewer',
    group: 'This server',
  },
  {
    path: '/settings/about',
    title: 'About',
    doc: 'Version and licences.',
    words: 'license build',
    access: 'viewer',
    group: 'This server',
  },
]

export const SETTINGS_GROUPS = ['Notifications', 'You', 'Access', 'This server'] as const
