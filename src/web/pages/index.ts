import type { Page } from '../page.ts'
import { livePage } from './live.ts'
import { login, loginPage, logout } from './login.ts'
import { changePassword, passwordPage } from './password.ts'

/** Every page of the website. */
export const PAGES: readonly Page[] = [loginPage, login, logout, livePage, passwordPage, changePassword]
