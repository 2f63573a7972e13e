import type { Page } from '../../http/route.ts'
import { aboutPage } from './about.ts'
import { auditPage } from './audit.ts'
import { guidePage } from './guide.ts'
import {
  addWindow,
  deleteWindow,
  deleteWindowPage,
  newWindowPage,
  updateWindow,
  windowPage,
  windowsPage,
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
export const SETTINGS_PAGES: readonly Page[] = [
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
  windowsPage,
  newWindowPage,
  windowPage,
  addWindow,
  updateWindow,
  deleteWindowPage,
  deleteWindow,
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
