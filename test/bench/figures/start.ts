import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { Benchmark, Figure } from '../figure.ts'
import { deleteFolder } from '../ours.ts'
import { freePort, waitFor } from '../process.ts'

const ROOT = `${import.meta.dir}/../../..`

/**
 * From `npm start` in a fetched clone, with an empty home, to this machine's first sample; and the same once
 * more.
 */
export const start: Benchmark = {
  name: 'start',
  async run(): Promise<Figure[]> {
    const folder = mkdtempSync(`${tmpdir()}/bench-start-`)
    const clone = `${folder}/clone`
    try {
      if ((await Bun.spawn(['git', 'clone', '-q', ROOT, clone], { stderr: 'inherit' }).exited) !== 0) {
        throw new Error('the repository could not be cloned')
      }
      const first = await timeStart(folder, clone)
      const second = await timeStart(folder, clone)
      const note = 'packages are fetched from the registry or its cache near this machine'
      return [
        {
          name: 'npm start to the first sample, first time',
          unit: 's',
          ours: first,
          peer: 60,
          peerName: 'a minute',
          bound: 1,
          note,
        },
        {
          name: 'npm start to the first sample, second time',
          unit: 's',
          ours: second,
          peer: 60,
          peerName: 'a minute',
          bound: 1,
        },
      ]
    } finally {
      deleteFolder(folder)
    }
  },
}

async function timeStart(home: string, clone: string): Promise<number> {
  deleteFolder(`${clone}/monitor-data`)
  const [web, collect, tls] = [await freePort(), await freePort(), await freePort()]
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    MONITOR_WEB_PORT: String(web),
    MONITOR_COLLECT_PORT: String(collect),
    MONITOR_COLLECT_TLS_PORT: String(tls),
  }
  const begun = performance.now()
  const child = Bun.spawn(['npm', 'start'], {
    cwd: clone,
    env: environment,
    stdout: 'ignore',
    stderr: 'ignore',
  })
  try {
    await waitFor('the website', async () => (await fetch(`http://127.0.0.1:${web}/healthz`)).ok, 300)
    const paused = performance.now()
    const token = await createToken(clone, environment)
    const aside = performance.now() - paused
    await waitFor(
      'the first sample',
      async () => {
        const response = await fetch(`http://127.0.0.1:${web}/api/v1/hosts`, {
          headers: { authorization: `Bearer ${token}` },
        })
        const { hosts } = (await response.json()) as { hosts: { latest: Record<string, number> }[] }
        return hosts.some(({ latest }) => Object.keys(latest).length > 0)
      },
      120,
    )
    return (performance.now() - begun - aside) / 1000
  } finally {
    child.kill('SIGTERM')
    await child.exited
  }
}

async function createToken(clone: string, env: Record<string, string>): Promise<string> {
  const child = Bun.spawn(
    [
      process.execPath,
      'src/main.ts',
      'token',
      'create',
      '--user',
      'admin',
      '--name',
      'bench',
      '--access',
      'admin',
    ],
    {
      cwd: clone,
      env,
      stdout: 'pipe',
      stderr: 'inherit',
    },
  )
  return (await new Response(child.stdout).text()).trim()
}
