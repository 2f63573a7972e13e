import type { Page } from '../page.ts'
import { closeEvent, eventsPage, reopenEvent } from './events.ts'
import { graphPage } from './graph.ts'
import { homePage } from './home.ts'
import { hostPage } from './host.ts'
import { hostsPage } from './hosts.ts'
import { livePage } from './live.ts'
import { login, loginPage, logout } from './login.ts'
import { changePassword, passwordPage } from './password.ts'

/** Every page of the website. */
export const PAGES: readonly Page[] = [
  loginPage,
  login,
  logout,
  homePage,
  hostsPage,
  hostPage,
  graphPage,
  eventsPage,
  closeEvent,
  reopenEvent,
  livePage,
  passwordPage,
  changePassword,
]
