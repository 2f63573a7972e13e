import { signInFirst } from '../support/first-sign-in.ts'
import type { Ours } from './ours.ts'
import { median } from './process.ts'

/** Milliseconds of the server's processor time a request: the median of five rounds, after one to warm up. */
export async function measureRequests(
  web: Ours,
  times: number,
  request: (i: number) => Promise<void>,
): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < 6; round++) {
    const before = web.processor()
    for (let i = 0; i < times; i++) await request(i)
    if (round > 0) rounds.push(((web.processor() - before) / times) * 1000)
  }
  return median(rounds)
}

/** Signs the first user in; the cookie. */
export const signIn = (web: Ours, folder: string): Promise<string> =>
  signInFirst(`http://127.0.0.1:${web.web}`, `${folder}/initial-admin-password`)
