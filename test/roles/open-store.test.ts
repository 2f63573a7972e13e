import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FROM_SOURCE, makeTempDir } from '../support/spawn.ts'
import { findFreePort } from '../support/sql/mariadb.ts'

let dataDir: string
const running: Bun.Subprocess[] = []
beforeEach(() => {
  dataDir = makeTempDir()
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

/** A role whose database is said to be at that port; what it logs is read as it comes. */
function startRole(role: string, port: number) {
  const child = Bun.spawn(
    [
      ...FROM_SOURCE,
      role,
      ...['--config', join(dataDir, 'monitor.toml'), '--data-dir', dataDir],
      ...['--set', `database.url=mysql://monitor:word@127.0.0.1:${port}/monitor`],
    ],
    { cwd: dataDir, stdout: 'ignore', stderr: 'pipe' },
  )
  running.push(child)
  let said = ''
  const reading = (async () => {
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) said += part
  })()
  return { child, said: () => said, reading }
}

async function endsOnSigterm({ child, said, reading }: ReturnType<typeof startRole>) {
  child.kill('SIGTERM')
  const code = await child.exited
  await reading
  expect(said()).toMatch(/stopping role=\w+ signal=SIGTERM\n(.*\n)*.* stopped role=/)
  expect(said()).not.toContain('did not stop in time')
  expect(said()).not.toContain(' started role=')
  expect(code).toBe(0)
}

describe('a role that waits for its database at the start', () => {
  test.each(['server', 'collect', 'events'])('ends with 0 when it is stopped: %s', async (role) => {
    await Bun.write(join(dataDir, 'monitor.toml'), '')
    const waiting = startRole(role, await findFreePort())
    while (!waiting.said().includes('waiting for the database')) await Bun.sleep(20)
    await endsOnSigterm(waiting)
  })

  test('does so too in the middle of a try at a server that says nothing', async () => {
    await Bun.write(join(dataDir, 'monitor.toml'), '')
    const called = Promise.withResolvers<void>()
    const silent = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { open: () => called.resolve(), data() {} },
    })
    const waiting = startRole('events', silent.port)
    await called.promise
    await endsOnSigterm(waiting)
    silent.stop(true)
  })
})
