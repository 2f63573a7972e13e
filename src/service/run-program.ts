/** Longest wait for a program of the system; starting a service is the slowest of them. */
const LIMIT_MS = 20 * 60_000

/**
 * Runs a program of the system to its end; its exit code and its output. 127 when there is no such program.
 */
export async function runProgram(words: readonly string[]): Promise<{ code: number; output: string }> {
  if (Bun.which(words[0] ?? '') === null)
    return { code: 127, output: `${words[0]}: there is no such program` }
  const child = Bun.spawn([...words], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, LC_ALL: 'C' },
    timeout: LIMIT_MS,
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, output: stdout + stderr }
}
