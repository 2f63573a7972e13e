import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type Ended, makeTempDir } from '../spawn.ts'

const BUSYBOX = '/bin/busybox'
const LARGE = 50_000_000

/** Bun wants to see /proc; the mount is gone with the process. */
const ENTER = `mount -t proc proc "$0/proc" && user=$1 && shift && exec /usr/sbin/chroot --userspec="$user" "$0" "$@"`

/** The files that every machine has, as busybox makes them. */
const FILES: Readonly<Record<string, string>> = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  '/etc/group': 'root:x:0:\n',
  '/etc/shadow': 'root:*:19000:0:99999:7:::\n',
  '/etc/os-release': 'NAME="Tiny"\nVERSION_ID="1"\n',
}

export type Chroot = {
  /** A path of the root as this machine sees it. */
  at(path: string): string
  /** Runs a program in the root, as its root or as `uid:gid`. */
  run(words: readonly string[], user?: string): Promise<Ended>
  close(): void
}

/** Why there cannot be one here; null when there can. */
export function findChrootObstacle(): string | null {
  if (process.platform !== 'linux') return 'this is for Linux'
  if (process.getuid?.() !== 0) return 'changing the root takes root'
  for (const program of [BUSYBOX, '/bin/dash', '/usr/sbin/chroot'])
    if (!existsSync(program)) return `${program} is missing`
  if (!Bun.spawnSync(['unshare', '--mount', 'true']).success) return 'mounting is not allowed here'
  return null
}

/** A tiny root with busybox for tools, dash, and what `programs` (by their paths in the root) need to run. */
export function makeChroot(programs: Readonly<Record<string, string>>): Chroot {
  const root = makeTempDir()
  const at = (path: string) => join(root, path)
  for (const folder of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'tmp', 'usr/bin', 'usr/sbin', 'var/lib'])
    mkdirSync(at(folder), { recursive: true })
  chmodSync(root, 0o755)
  chmodSync(at('tmp'), 0o1777)
  for (const [file, text] of Object.entries(FILES)) writeFileSync(at(file), text)
  for (const [path, source] of Object.entries({
    ...programs,
    '/bin/busybox': BUSYBOX,
    '/bin/dash': '/bin/dash',
  })) {
    place(source, at(path))
    for (const library of listLibraries(source)) if (!existsSync(at(library))) place(library, at(library))
  }
  for (const applet of callNow([BUSYBOX, '--list']).split('\n').filter(Boolean))
    if (!existsSync(at(`/bin/${applet}`))) symlinkSync('busybox', at(`/bin/${applet}`))
  callNow(['mknod', '-m', '666', at('/dev/null'), 'c', '1', '3'])

  return {
    at,
    async run(words, user = '0:0') {
      const child = Bun.spawn(['unshare', '--mount', '/bin/sh', '-c', ENTER, root, user, ...words], {
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'pipe',
        cwd: '/',
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
      })
      const [stdout, stderr, code] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.exited,
      ])
      return { code, stdout, stderr }
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** A large program gets another name, which costs nothing; what belongs to this machine is copied. */
function place(source: string, target: string) {
  const file = realpathSync(source)
  mkdirSync(dirname(target), { recursive: true })
  if (statSync(file).size > LARGE && tryLink(file, target)) return
  copyFileSync(file, target)
  chmodSync(target, 0o755)
}

/** False when the two are on different filesystems. */
function tryLink(file: string, target: string): boolean {
  try {
    linkSync(file, target)
    return true
  } catch {
    return false
  }
}

/** Shared libraries and the loader, by their paths; none for a script. */
function listLibraries(program: string): string[] {
  if (readFileSync(program).subarray(1, 4).toString() !== 'ELF') return []
  return [...callNow(['ldd', program]).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '')
}

function callNow(words: string[]): string {
  const { success, stdout, stderr } = Bun.spawnSync(words)
  if (!success) throw new Error(`${words.join(' ')}: ${stderr}`)
  return stdout.toString()
}
