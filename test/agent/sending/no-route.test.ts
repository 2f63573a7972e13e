import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const canMakeNamespaces =
  process.getuid?.() === 0 && existsSync('/usr/bin/unshare') && existsSync('/usr/sbin/ip')

test.if(canMakeNamespaces)(
  'an agent without a route at the start tries every server and sends when the route comes',
  async () => {
    const script = join(import.meta.dir, '..', 'support', 'no-route.ts')
    const child = Bun.spawn(['unshare', '--net', process.execPath, script], {
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [code, out, err] = await Promise.all([
      child.exited,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    expect({ code, out, err }).toEqual({
      code: 0,
      out: 'sent after the route came, and came back\n',
      err: '',
    })
  },
  120_000,
)
