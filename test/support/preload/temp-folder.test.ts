import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempDir } from '../spawn.ts'

/** Runs a test that does what `body` says, with a folder for temporary files of its own; by workers if there are options. */
function runTest(place: string, body: string, options: readonly string[] = []) {
  const file = join(place, 'one.test.ts')
  const spawnFile = JSON.stringify(join(import.meta.dir, '..', 'spawn.ts'))
  writeFileSync(
    file,
    `import { test } from 'bun:test'\nimport { makeTempDir } from ${spawnFile}\ntest('one', async () => {${body}})\n`,
  )
  const temporary = join(place, 'tmp')
  mkdirSync(temporary, { recursive: true })
  const preload = join(import.meta.dir, 'temp-folder.ts')
  const { stdout, stderr } = Bun.spawnSync(
    [process.execPath, 'test', ...options, '--preload', preload, './'],
    {
      cwd: place,
      // This test may run in a worker itself.
      env: { ...process.env, TMPDIR: temporary, BUN_TEST_WORKER_ID: undefined, JEST_WORKER_ID: undefined },
      stdout: 'pipe',
      stderr: 'pipe',
    },
  )
  return { output: stdout.toString() + stderr.toString(), left: readdirSync(temporary) }
}

test('the second file that a worker runs still has the folder; the runner removes it', () => {
  const place = makeTempDir()
  try {
    for (const name of ['two', 'three', 'four'])
      writeFileSync(
        join(place, `${name}.test.ts`),
        `import { test } from 'bun:test'\nimport { mkdtempSync, rmSync } from 'node:fs'\nimport { tmpdir } from 'node:os'
test('${name}', () => { rmSync(mkdtempSync(tmpdir() + '/of-${name}-'), { recursive: true }) })\n`,
      )
    const { output } = runTest(place, '', ['--parallel=2', '--no-isolate'])
    expect(output).toMatch(/^ 4 pass$/m)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})

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
