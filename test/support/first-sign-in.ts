import { existsSync, readFileSync } from 'node:fs'

/** The password that the first user chooses in place of the one that the server made. */
const OWN_PASSWORD = 'chosen by the first user'

/**
 * Signs the first user in, who has to choose a password of its own the first time; the cookie. `file` is where the
 * first password is kept until then.
 */
export async function signInFirst(origin: string, file: string): Promise<string> {
  const post = (path: string, fields: Record<string, string>, cookie = '') =>
    fetch(origin + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin, cookie },
      body: new URLSearchParams(fields),
    })
  const readCookie = (response: Response) => {
    const cookie = response.headers.get('set-cookie')?.split(';')[0]
    if (cookie === undefined) throw new Error(`sign-in was answered with ${response.status}`)
    return cookie
  }
  if (!existsSync(file)) return readCookie(await post('/login', { name: 'admin', password: OWN_PASSWORD }))
  const current = readFileSync(file, 'utf8').trim()
  const cookie = readCookie(await post('/login', { name: 'admin', password: current }))
  const page = await (await fetch(`${origin}/`, { headers: { cookie } })).text()
  if (!page.includes('Choose your own password')) throw new Error('the first password may be kept')
  const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
  return readCookie(
    await post('/password', { csrf, current, new: OWN_PASSWORD, again: OWN_PASSWORD }, cookie),
  )
}
