import type { Route } from '../../http/route.ts'
import { aboutPage } from './about.ts'
import { auditPage } from './audit.ts'
import { guidePage } from './guide.ts'
import {
  addMaintenanceWindow,
  deleteMaintenancePage,
  deleteMaintenanceWindow,
  maintenancePage,
  maintenanceWindowsPage,
  newMaintenancePage,
  updateMaintenanceWindow,
} from './maintenance-windows.ts'
import { settingsOverview } from './overview.ts'
import { preferencesPage, savePreferences } from './preferences.ts'
import {
  addRule,
  deleteRule,
  deleteRulePage,
  disableRule,
  enableRule,
  newRulePage,
  rulePage,
  rulesPage,
  testNewRule,
  testOldRule,
  updateRule,
} from './rules.ts'
import { revokeSession, sessionsPage } from './sessions.ts'
import { storagePage } from './storage.ts'
import {
  addTarget,
  deleteTarget,
  deleteTargetPage,
  newTargetPage,
  targetPage,
  targetsPage,
  testTarget,
  tryNewTarget,
  tryTarget,
  updateTarget,
} from './targets.ts'
import { addToken, revokeToken, tokensPage } from './tokens.ts'
import { disableTwoFactor, enableTwoFactor, renewRecoveryCodes, twoFactorPage } from './two-factor.ts'
import {
  addUser,
  deleteUser,
  deleteUserPage,
  setUserAccess,
  setUserPassword,
  switchOffSecondFactor,
  userPage,
  usersPage,
} from './users.ts'

/** Everything under `/settings`. */
export const SETTINGS_PAGES: readonly Route[] = [
  settingsOverview,
  twoFactorPage,
  enableTwoFactor,
  disableTwoFactor,
  renewRecoveryCodes,
  rulesPage,
  newRulePage,
  rulePage,
  addRule,
  updateRule,
  testNewRule,
  testOldRule,
  enableRule,
  disableRule,
  deleteRulePage,
  deleteRule,
  targetsPage,
  newTargetPage,
  targetPage,
  addTarget,
  updateTarget,
  tryNewTarget,
  tryTarget,
  testTarget,
  deleteTargetPage,
  deleteTarget,
  maintenanceWindowsPage,
  newMaintenancePage,
  maintenancePage,
  addMaintenanceWindow,
  updateMaintenanceWindow,
  deleteMaintenancePage,
  deleteMaintenanceWindow,
  usersPage,
  addUser,
  userPage,
  setUserAccess,
  setUserPassword,
  switchOffSecondFactor,
  deleteUserPage,
  deleteUser,
  sessionsPage,
  revokeSession,
  tokensPage,
  addToken,
  revokeToken,
  preferencesPage,
  savePreferences,
  storagePage,
  auditPage,
  guidePage,
  aboutPage,
]
