import type { Command, CommandGroup } from '../../roles/command.ts'
import { BACKUP_COMMANDS } from './backup.ts'
import { certificate } from './certificate.ts'
import { config } from './config.ts'
import { database } from './database/database.ts'
import { enroll } from './enroll.ts'
import { event } from './event.ts'
import { health } from './health.ts'
import { host } from './host.ts'
import { maintenance } from './notifications/maintenance.ts'
import { notify } from './notifications/notify.ts'
import { rule } from './notifications/rule.ts'
import { target } from './notifications/target.ts'
import { PROGRAM_COMMANDS } from './program.ts'
import { roles } from './role.ts'
import { service } from './service.ts'
import { token } from './token.ts'
import { user } from './user.ts'
import { view } from './view.ts'

export const GROUPS: readonly CommandGroup[] = [
  service,
  config,
  host,
  enroll,
  user,
  token,
  certificate,
  database,
  event,
  rule,
  target,
  maintenance,
  notify,
  view,
]

export const COMMANDS: readonly Command[] = [
  ...roles,
  health,
  ...BACKUP_COMMANDS,
  ...GROUPS.flatMap((group) => group.commands),
  ...PROGRAM_COMMANDS,
]
