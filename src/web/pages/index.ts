import type { Route } from '../http/route.ts'
import { login, loginCode, loginPage, logout } from './account/login.tsx'
import { changePassword, passwordPage } from './account/password.tsx'
import { acknowledgePage } from './events/action-pages.tsx'
import {
  acknowledgeEvent,
  changeEvents,
  closeEvent,
  commentEvent,
  reopenEvent,
  undoEvents,
} from './events/actions.ts'
import { changeAllEvents, changeAllPage } from './events/bulk-actions.tsx'
import { eventPage } from './events/event-page.tsx'
import { eventsPage } from './events/events-page.tsx'
import { compareCsv, comparePage, graphCsv, graphPage } from './graph/routes.tsx'
import { fleetData } from './home/fleet-data.ts'
import { homePage } from './home/home-page.tsx'
import { hostCard } from './home/host-card.tsx'
import { changeHostGroups } from './host/host-groups.ts'
import { hostPage } from './host/host-page.tsx'
import { metricsPage } from './host/metrics-page.tsx'
import { thresholdsPage } from './host/threshold-table.tsx'
import { addHostPage, makeHostCode } from './hosts/add-host.tsx'
import { changeHosts } from './hosts/change-hosts.ts'
import { hostsPage } from './hosts/hosts-page.tsx'
import { MANAGE_HOST } from './hosts/manage-host.tsx'
import { WAITING_HOSTS } from './hosts/waiting-hosts.tsx'
import { jump } from './jump.ts'
import { livePage } from './live.ts'
import { MUTE_PAGES } from './mute/routes.tsx'
import { RELEASE_ROUTES } from './releases.ts'
import { REPORT_PAGES } from './reports/index.tsx'
import { searchPage } from './search.tsx'
import { SETTINGS_PAGES } from './settings/index.ts'

/** Every page of the website. */
export const PAGES: readonly Route[] = [
  loginPage,
  login,
  loginCode,
  logout,
  homePage,
  fleetData,
  hostCard,
  hostsPage,
  changeHosts,
  hostPage,
  changeHostGroups,
  metricsPage,
  thresholdsPage,
  ...MANAGE_HOST,
  graphPage,
  graphCsv,
  comparePage,
  compareCsv,
  addHostPage,
  makeHostCode,
  eventsPage,
  changeEvents,
  undoEvents,
  changeAllPage,
  changeAllEvents,
  eventPage,
  acknowledgePage,
  acknowledgeEvent,
  ...MUTE_PAGES,
  closeEvent,
  reopenEvent,
  commentEvent,
  ...WAITING_HOSTS,
  ...REPORT_PAGES,
  searchPage,
  jump,
  ...SETTINGS_PAGES,
  livePage,
  passwordPage,
  changePassword,
  ...RELEASE_ROUTES,
]
