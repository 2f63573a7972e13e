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
export async function signIn(web: Ours, folder: string): Promise<string> {
  const password = (await Bun.file(`${folder}/initial-admin-password`).text()).trim()
  const response = await fetch(`http://127.0.0.1:${web.web}/login`, {
    method: 'POST',
    body: new URLSearchParams({ name: 'admin', password }),
    headers: { origin: `http://127.0.0.1:${web.web}` },
    redirect: 'manual',
  })
  const cookie = response.headers.get('set-cookie')?.split(';')[0]
  if (cookie === undefined) throw new Error(`sign-in was answered with ${response.status}`)
  return cookie
}
