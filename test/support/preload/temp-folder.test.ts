import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempDir } from '../spawn.ts'

/** Runs a test that does what `body` says, with a folder for temporary files of its own. */
function runTest(place: string, body: string) {
  const file = join(place, 'one.test.ts')
  const spawnFile = JSON.stringify(join(import.meta.dir, '..', 'spawn.ts'))
  writeFileSync(
    file,
    `import { test } from 'bun:test'\nimport { makeTempDir } from ${spawnFile}\ntest('one', async () => {${body}})\n`,
  )
  const temporary = join(place, 'tmp')
  mkdirSync(temporary, { recursive: true })
  const preload = join(import.meta.dir, 'temp-folder.ts')
  const { stdout, stderr } = Bun.spawnSync([process.execPath, 'test', '--preload', preload, file], {
    cwd: place,
    env: { ...process.env, TMPDIR: temporary },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  return { output: stdout.toString() + stderr.toString(), left: readdirSync(temporary) }
}

test('what tests and their children leave behind is named and removed, that of killed ones by the next', () => {
  const place = makeTempDir()
  try {
    const clean = runTest(place, 'makeTempDir().length')
    expect(clean.output).toMatch(/LEFT BEHIND by tests: monitor-test-\w+/)
    expect(clean.left).toEqual([])
    const child = runTest(place, "Bun.spawnSync(['sh', '-c', 'mktemp -d -t of-a-child-XXXXXX'])")
    expect(child.output).toMatch(/LEFT BEHIND by tests: of-a-child-\w+/)
    expect(child.left).toEqual([])
    const killed = runTest(place, "makeTempDir(); process.kill(process.pid, 'SIGKILL')")
    expect(killed.left).toEqual([expect.stringMatching(/^mt-\d+-\w+$/)])
    const next = runTest(place, '')
    expect(next.output).not.toContain('LEFT BEHIND')
    expect(next.left).toEqual([])
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
  expect(existsSync(place)).toBe(false)
})
