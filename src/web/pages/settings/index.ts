import type { Route } from '../../http/route.ts'
import { aboutPage } from './about.tsx'
import { preferencesPage, savePreferences } from './account/preferences.tsx'
import { revokeSession, sessionsPage } from './account/sessions.tsx'
import { addToken, revokeToken, tokensPage } from './account/tokens.tsx'
import {
  disableTwoFactor,
  enableTwoFactor,
  renewRecoveryCodes,
  twoFactorPage,
} from './account/two-factor.tsx'
import { auditPage } from './audit.tsx'
import { guidePage } from './guide/guide.tsx'
import {
  addMaintenanceWindow,
  deleteMaintenancePage,
  deleteMaintenanceWindow,
  maintenancePage,
  maintenanceWindowsPage,
  newMaintenancePage,
  previewNewMaintenance,
  previewOldMaintenance,
  updateMaintenanceWindow,
} from './maintenance/maintenance-windows.tsx'
import { settingsOverview } from './overview.tsx'
import { rulesPage } from './rules/rule-list.tsx'
import {
  addRule,
  deleteRule,
  deleteRulePage,
  disableRule,
  enableRule,
  newRulePage,
  previewNewRule,
  previewOldRule,
  rulePage,
  testNewRule,
  testOldRule,
  updateRule,
} from './rules/rules.tsx'
import { storagePage } from './storage.tsx'
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
} from './targets.tsx'
import {
  deleteUser,
  deleteUserPage,
  setUserAccess,
  setUserPassword,
  switchOffSecondFactor,
  userPage,
} from './users/change-user.tsx'
import { addUser, usersPage } from './users/user-list.tsx'
import {
  addView,
  deleteView,
  deleteViewPage,
  newViewPage,
  updateView,
  viewPage,
  viewsPage,
} from './views/saved-views.tsx'

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
  previewNewRule,
  previewOldRule,
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
  previewNewMaintenance,
  previewOldMaintenance,
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
  viewsPage,
  newViewPage,
  viewPage,
  addView,
  updateView,
  deleteViewPage,
  deleteView,
  storagePage,
  auditPage,
  guidePage,
  aboutPage,
]
