import type { Route } from '../http/route.ts'
import { login, loginCode, loginPage, logout } from './account/login.ts'
import { changePassword, passwordPage } from './account/password.ts'
import { acknowledgeEvent, changeEvents, closeEvent, commentEvent, reopenEvent } from './events/actions.ts'
import { changeAllEvents, changeAllPage } from './events/bulk-actions.ts'
import { eventPage } from './events/event-page.ts'
import { eventsPage } from './events/events-page.ts'
import { graphCsv, graphPage } from './graph.ts'
import { homePage } from './home.ts'
import { addHostPage } from './hosts/add-host.ts'
import { compareCsv, comparePage } from './hosts/compare-page.ts'
import { changeHostGroups } from './hosts/host-groups.ts'
import { hostPage } from './hosts/host-page.ts'
import { hostsPage } from './hosts/hosts-page.ts'
import { livePage } from './live.ts'
import { REPORT_PAGES } from './reports/index.ts'
import { searchPage } from './search.ts'
import { SETTINGS_PAGES } from './settings/index.ts'

/** Every page of the website. */
export const PAGES: readonly Route[] = [
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
