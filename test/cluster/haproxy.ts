import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '../support/sql/mariadb.ts'

export type Haproxy = { readonly port: number; stop(): Promise<void> }

/** Debian's HAProxy before some TCP ports, as the guide has it before collect engines. */
export async function startHaproxy(dir: string, targets: readonly number[]): Promise<Haproxy> {
  const port = await findFreePort()
  const file = join(dir, 'haproxy.cfg')
  const servers = targets.map(
    (target, i) => `  server collect${i + 1} 127.0.0.1:${target} check inter 500 fall 2 rise 1`,
  )
  writeFileSync(
    file,
    `${[
      'defaults',
      '  mode tcp',
      '  timeout connect 2s',
      '  timeout client 1h',
      '  timeout server 1h',
      '  option redispatch',
      'listen collect',
      `  bind 127.0.0.1:${port}`,
      '  balance leastconn',
      ...servers,
    ].join('\n')}\n`,
  )
  const child = Bun.spawn(['/usr/sbin/haproxy', '-db', '-f', file], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  await Bun.sleep(500)
  if (child.exitCode !== null) throw new Error('haproxy ended')
  return {
    port,
    async stop() {
      child.kill()
      await child.exited
    },
  }
}
