import { afterEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { hearOutput } from './heard-output.ts'

const ROLE = JSON.stringify(join(import.meta.dir, '../../src/roles/role.ts'))
const running: Bun.Subprocess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

/** A process with a role whose parts do what `body` says; `say` writes a line to standard output. */
function startRole(body: string) {
  const child = Bun.spawn(
    [
      process.execPath,
      '-e',
      `import { runRole } from ${ROLE}
       const say = (line) => process.stdout.write(line + '\\n')
       const never = () => new Promise(() => {})
       setInterval(() => {}, 1000)
       try {
         await runRole('test', { loaded: { config: { log: { level: 'info', format: 'text' } } }, parts: [] }, async ({ own, clock }) => { ${body}; say('ready') })
       } catch (error) { say('threw ' + error.message); process.exit(3) }`,
    ],
    { stdout: 'pipe', stderr: 'pipe' },
  )
  running.push(child)
  const { hear, hearAll } = hearOutput(child.stdout)
  const finish = async () => {
    const stderr = await new Response(child.stderr).text()
    const code = await child.exited
    return { code, said: await hearAll(), stderr }
  }
  return { child, hear, finish }
}

describe('a role', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'stops its parts in reverse order on %s and ends with 0',
    async (signal) => {
      const { child, hear, finish } = startRole(
        `for (const name of ['one', 'two', 'three']) own(name, async () => say('stop ' + name))`,
      )
      await hear('ready')
      child.kill(signal)
      const { code, said, stderr } = await finish()
      expect(said).toBe('ready\nstop three\nstop two\nstop one\n')
      expect(code).toBe(0)
      expect(stderr).toMatch(
        new RegExp(`stopping role=test signal=${signal}\n(.*\n)*.* stopped role=test ms=\\d+`),
      )
    },
  )

  test('stops the other parts when one fails to stop, and ends with 1', async () => {
    const { child, hear, finish } = startRole(
      `own('one', async () => say('stop one')); own('bad', async () => { throw new Error('stuck') })`,
    )
    await hear('ready')
    child.kill('SIGTERM')
    const { code, said, stderr } = await finish()
    expect(said).toContain('stop one')
    expect(stderr).toContain('part failed to stop part=bad error=stuck')
    expect(code).toBe(1)
  })

  test('ends by force with a last word when a part never stops', async () => {
    const { child, hear, finish } = startRole(`own('bad', never)`)
    await hear('ready')
    const began = performance.now()
    child.kill('SIGTERM')
    const { code, stderr } = await finish()
    expect(stderr).toContain('did not stop in time')
    expect(code).toBe(1)
    expect(performance.now() - began).toBeGreaterThan(4000)
  }, 20_000)

  test('ends at once on a second signal, but takes an echo of the first for the same one', async () => {
    const { child, hear, finish } = startRole(`own('slow', async () => { say('slow'); await never() })`)
    await hear('ready')
    child.kill('SIGTERM')
    child.kill('SIGTERM')
    await hear('slow')
    await Bun.sleep(700)
    expect(child.exitCode).toBeNull()
    child.kill('SIGINT')
    const { code, stderr } = await finish()
    expect(stderr).toContain('second signal')
    expect(code).toBe(130)
  }, 20_000)

  test('stops what had started when the start fails, and passes the failure on', async () => {
    const { finish } = startRole(`own('one', async () => say('stop one')); throw new Error('no port')`)
    const { code, said } = await finish()
    expect(said).toBe('stop one\nthrew no port\n')
    expect(code).toBe(3)
  })

  test('stops in order when the signal comes while it starts', async () => {
    const { child, hear, finish } = startRole(
      `own('one', async () => say('stop one')); say('starting'); await new Promise((go) => setTimeout(go, 300))`,
    )
    await hear('starting')
    child.kill('SIGTERM')
    const { code, said } = await finish()
    expect(said).toBe('starting\nready\nstop one\n')
    expect(code).toBe(0)
  })

  test('warns on Linux when it is root, and only then', async () => {
    const { child, hear, finish } = startRole('')
    await hear('ready')
    child.kill('SIGTERM')
    const isRoot = process.platform === 'linux' && process.getuid?.() === 0
    expect((await finish()).stderr.includes('running as root is not needed')).toBe(isRoot)
  })
})
