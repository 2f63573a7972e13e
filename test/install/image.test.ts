import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { layImage } from '../../.ci/image.ts'
import { COMPILED, makeTempDir } from '../support/spawn.ts'
import { findChrootObstacle } from '../support/sql/chroot.ts'

const PROGRAM = COMPILED[0] ?? ''
const FILE = readFileSync(join(import.meta.dir, '../../.ci/Containerfile'), 'utf8')

/** What stands behind a word of the Containerfile; a list is written as JSON. */
const said = (word: string) => new RegExp(`^${word} (.*)$`, 'm').exec(FILE)?.[1] ?? ''
const USER = said('USER')
const ENTRYPOINT: string[] = JSON.parse(said('ENTRYPOINT'))
const HEALTH: string[] = JSON.parse(/ CMD (\[.*\])$/m.exec(said('HEALTHCHECK'))?.[1] ?? '[]')

const noImage = process.getuid?.() === 0 && existsSync('/usr/bin/buildah') ? null : 'no buildah, or no root'
if (noImage !== null) console.log(`NOT TESTED HERE: building the image of a container (${noImage})`)
const obstacle = findChrootObstacle()
if (obstacle !== null) console.log(`NOT TESTED HERE: the program in the root of a container (${obstacle})`)

/** Enters the root as the engine of containers would: an account, processes, mounts and a network of its own. */
const ENTER = `
mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev" && mknod -m 666 "$0/dev/null" c 1 3
if [ -d "$0/host" ]; then mount --rbind / "$0/host" && mount --make-rslave "$0/host"; fi
hostname box; ip link set lo up 2>/dev/null
exec /usr/sbin/chroot --userspec=${USER} "$0" "$@"`

describe.skipIf(obstacle !== null)('the root of the image', () => {
  const folder = makeTempDir()
  const root = join(folder, 'root')
  const started: { kill(): void; exited: Promise<number> }[] = []
  const env = Object.fromEntries([said('ENV').split('=') as [string, string]])

  beforeAll(() => {
    layImage(PROGRAM, folder)
    // As the COPY lines of the Containerfile do.
    const data = join(root, said('WORKDIR'))
    mkdirSync(join(data, '..'), { recursive: true })
    renameSync(join(folder, 'data', 'monitor'), data)
    const [uid = 0, gid = 0] = USER.split(':').map(Number)
    chownSync(data, uid, gid)
    for (const place of ['proc', 'dev', 'host']) mkdirSync(join(root, place))
  })
  afterAll(async () => {
    for (const one of started) {
      one.kill()
      await one.exited
    }
    rmSync(folder, { recursive: true, force: true })
  })

  /** Starts the program as the first process of a container; gives what runs a command beside it. */
  function start(words: readonly string[]) {
    const command = ['unshare', '-m', '-p', '-f', '-n', '-u', '/bin/sh', '-c', ENTER, root]
    const child = Bun.spawn([...command, ...ENTRYPOINT, ...words], {
      env: { ...process.env, ...env },
      stdout: 'ignore',
      stderr: 'ignore',
    })
    const findFirst = () =>
      Number(/\d+/.exec(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'))?.[0])
    // The container ends with its first process; that of `unshare` would leave it behind.
    started.push({ kill: () => process.kill(findFirst(), 'SIGKILL'), exited: child.exited })
    return async (beside: readonly string[]) => {
      const enter = [
        'nsenter',
        '-t',
        String(findFirst()),
        '-m',
        '-p',
        '-n',
        '/usr/sbin/chroot',
        `--userspec=${USER}`,
      ]
      const ran = Bun.spawn([...enter, root, ...beside], { env, stdout: 'pipe', stderr: 'pipe' })
      const text = (await new Response(ran.stdout).text()) + (await new Response(ran.stderr).text())
      return { code: await ran.exited, text }
    }
  }

  /** The health check of the image until it is sound, or 30 s are over. */
  async function becomeSound(run: ReturnType<typeof start>) {
    const endMs = performance.now() + 30_000
    for (;;) {
      const found = await run(HEALTH)
      if (found.code === 0 || performance.now() > endMs) return found
      await Bun.sleep(200)
    }
  }

  test('the health check asks the role that runs, here the whole server, and nothing runs as root', async () => {
    const run = start(['server'])
    const { code, text } = await becomeSound(run)
    expect(text).toMatch(/^server: ok: .*\ncollect: ok: .*\nevents: ok: .*\n$/)
    expect(code).toBe(0)
    expect(readdirSync(join(root, said('WORKDIR')))).toContain('monitor.db')
    expect((await run([...ENTRYPOINT, 'user', 'list'])).text).toContain('admin')
  }, 60_000)

  test('an agent in it reads the machine, and not the container', async () => {
    const once = (words: readonly string[]) => {
      const command = ['unshare', '-m', '-p', '-f', '-n', '-u', '/bin/sh', '-c', ENTER, root, ...ENTRYPOINT]
      const { stdout } = Bun.spawnSync([...command, 'agent', '--once', ...words], {
        env: { ...process.env, ...env },
      })
      return JSON.parse(stdout.toString())
    }
    const outside = JSON.parse(
      Bun.spawnSync([PROGRAM, 'agent', '--once', '--data-dir', folder]).stdout.toString(),
    )
    const machine = once(['--set', 'agent.host_root=/host'])
    expect(machine.host).toBe(outside.host)
    expect(machine.facts.mounts).toEqual(outside.facts.mounts)
    expect(machine.facts.build).toBe(outside.facts.build)
    const ofNetworks = ({ metrics }: { metrics: string[] }) =>
      metrics.filter((metric) => metric.startsWith('perf.network.'))
    expect(ofNetworks(machine)).toEqual(ofNetworks(outside))
    const container = once([])
    expect(container.host).toBe('box')
    expect(ofNetworks(container)).toEqual([])
  }, 60_000)
})

const noEngine = Bun.which('runc') === null && !existsSync('/usr/sbin/runc') ? 'no runc' : obstacle
if (noEngine !== null) console.log(`NOT TESTED HERE: the image run by runc (${noEngine})`)

test.skipIf(noEngine !== null)(
  'runc runs it as the account of the image, and its health check is sound',
  async () => {
    const folder = makeTempDir()
    const name = `monitor-${process.pid}`
    layImage(PROGRAM, folder)
    const [uid = 0, gid = 0] = USER.split(':').map(Number)
    const settings = [
      '--set',
      'web.port=18080',
      '--set',
      'collect.port=off',
      '--set',
      'collect.tls_port=18889',
    ]
    const mount = (destination: string, type: string, options: readonly string[] = []) => ({
      ...{ destination, type, source: type, options },
    })
    const bundle = {
      ociVersion: '1.0.2',
      hostname: 'box',
      root: { path: 'root', readonly: true },
      process: {
        ...{ terminal: false, cwd: '/', user: { uid, gid }, noNewPrivileges: true },
        env: [said('ENV')],
        args: [...ENTRYPOINT, 'server', ...settings],
      },
      mounts: [
        mount('/proc', 'proc'),
        mount('/dev', 'tmpfs', ['mode=755']),
        mount('/tmp', 'tmpfs'),
        mount(said('WORKDIR'), 'tmpfs', [`uid=${uid}`, `gid=${gid}`, 'mode=700']),
      ],
      // A network of its own: its ports are free there.
      linux: { namespaces: ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type })) },
    }
    // A mount needs an existing mount point.
    for (const place of ['proc', 'dev', said('WORKDIR')])
      mkdirSync(join(folder, 'root', place), { recursive: true })
    writeFileSync(join(folder, 'config.json'), JSON.stringify(bundle))
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
    const runc = (...words: string[]) => {
      const command = ['runc', '--root', join(folder, 'state'), ...words]
      return Bun.spawn(command, { cwd: folder, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
    }
    const engine = runc('run', name)
    try {
      const ask = async (...words: string[]) => {
        const child = runc('exec', name, ...words)
        const text = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text())
        return { code: await child.exited, text }
      }
      let found = { code: -1, text: '' }
      for (const end = performance.now() + 30_000; found.code !== 0 && performance.now() < end; ) {
        await Bun.sleep(200)
        found = await ask(...HEALTH, ...settings)
      }
      expect(found.text).toMatch(/^server: ok: .*\ncollect: ok: .*\nevents: ok: .*\n$/)
      expect((await ask(...ENTRYPOINT, 'user', 'list')).text).toContain('admin')
      await runc('kill', name, 'TERM').exited
      expect(await engine.exited).toBe(0)
    } finally {
      await runc('delete', '--force', name).exited
      engine.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  },
  60_000,
)

test.skipIf(noImage !== null)(
  'buildah makes the image of the Containerfile',
  () => {
    const folder = makeTempDir()
    layImage(PROGRAM, join(folder, 'image'))
    const buildah = (...words: string[]) => {
      const place = [
        '--root',
        join(folder, 'store'),
        '--runroot',
        join(folder, 'run'),
        '--storage-driver',
        'vfs',
      ]
      const { stdout, stderr, exitCode } = Bun.spawnSync(['buildah', ...place, ...words])
      expect({ exitCode, stderr: exitCode === 0 ? '' : stderr.toString() }).toEqual({
        exitCode: 0,
        stderr: '',
      })
      return stdout.toString()
    }
    try {
      const file = join(import.meta.dir, '../../.ci/Containerfile')
      const how = [
        '--quiet',
        '--isolation',
        'chroot',
        '--format',
        'docker',
        '--tag',
        'monitor',
        '--file',
        file,
      ]
      buildah('bud', ...how, join(folder, 'image'))
      const { Docker } = JSON.parse(buildah('inspect', '--type', 'image', 'monitor'))
      expect(Docker.config).toMatchObject({
        User: USER,
        WorkingDir: '/var/lib/monitor',
        Entrypoint: ENTRYPOINT,
        Cmd: ['server'],
        Healthcheck: { Test: ['CMD', ...HEALTH] },
      })
      const container = buildah('from', 'monitor').trim()
      const root = buildah('mount', container).trim()
      const list = Bun.spawnSync([
        'stat',
        '--format',
        '%a %u:%g',
        join(root, 'var/lib/monitor'),
        join(root, 'tmp'),
      ])
      expect(list.stdout.toString()).toBe(`700 ${USER}\n1777 0:0\n`)
      buildah('umount', container)
      buildah('rm', container)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  120_000,
)
