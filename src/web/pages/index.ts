import type { Page } from '../page.ts'
import { addHostPage } from './add-host.ts'
import { compareCsv, comparePage } from './compare.ts'
import { eventPage } from './event.ts'
import { changeAllEvents, changeAllPage } from './event-bulk.ts'
import { acknowledgeEvent, changeEvents, closeEvent, commentEvent, reopenEvent } from './event-changes.ts'
import { eventsPage } from './events.ts'
import { graphCsv, graphPage } from './graph.ts'
import { homePage } from './home.ts'
import { hostPage } from './host.ts'
import { changeHostGroups } from './host-groups.ts'
import { hostsPage } from './hosts.ts'
import { livePage } from './live.ts'
import { login, loginCode, loginPage, logout } from './login.ts'
import { changePassword, passwordPage } from './password.ts'
import { REPORT_PAGES } from './reports/index.ts'
import { searchPage } from './search.ts'
import { SETTINGS_PAGES } from './settings/index.ts'

/** Every page of the website. */
export const PAGES: readonly Page[] = [
  loginPage,
  login,
  loginCode,
  logout,
  homePage,
  hostsPage,
  hostPage,
  changeHostGroups,
  graphPage,
  graphCsv,
  comparePage,
  compareCsv,
  addHostPage,
  eventsPage,
  changeEvents,
  changeAllPage,
  changeAllEvents,
  eventPage,
  acknowledgeEvent,
  closeEvent,
  reopenEvent,
  commentEvent,
  ...REPORT_PAGES,
  searchPage,
  ...SETTINGS_PAGES,
  livePage,
  passwordPage,
  changePassword,
]
