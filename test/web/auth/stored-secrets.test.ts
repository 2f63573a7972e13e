import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PASSWORD, startTestSite } from '../site.ts'

test('the database holds nothing that signs in: no password, session or token', async () => {
  const site = await startTestSite()
  try {
    const admin = await site.as('admin')
    const csrf = await site.csrf(admin.cookie)
    const password = 'a password of its own'
    const changed = await site.post(
      '/password',
      { csrf, current: PASSWORD, new: password, again: password },
      admin,
    )
    expect(changed.status).toBe(303)
    const cookies = await signIn(password)
    const cookie = cookies.map((one) => one.split(';')[0]).join('; ')
    const made = await site.post(
      '/settings/tokens',
      { csrf: await site.csrf(cookie), name: 'script', access: 'viewer', expires: '30d' },
      { cookie },
    )
    const token = /<code id="secret">([^<]+)</.exec(await made.text())?.[1] ?? ''
    const secrets = [PASSWORD, password, token, ...cookies.map((one) => /=([^;]+)/.exec(one)?.[1] ?? '')]
    expect(secrets.every((secret) => secret.length > 10)).toBe(true)

    const bytes = readAll(site.dataDir)
    // This proves that the search finds a secret that is there.
    for (const known of ['ada', 'script', '$argon2id$']) expect(bytes.includes(known)).toBe(true)
    for (const secret of secrets) expect([secret, bytes.includes(secret)]).toEqual([secret, false])
    expect(site.lines.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([])
  } finally {
    await site.stop()
  }

  async function signIn(password: string): Promise<string[]> {
    const response = await site.post('/login', { name: 'ada', password })
    return response.headers.getSetCookie()
  }
})

function readAll(folder: string): Buffer {
  const files = readdirSync(folder).filter((name) => name.startsWith('monitor.db'))
  return Buffer.concat(files.map((name) => readFileSync(join(folder, name))))
}
