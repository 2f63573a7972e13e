import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Whom the program runs as in the container; no account of a distribution has this number. */
const ACCOUNT = 65532

const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': `root:x:0:0:root:/:/sbin/nologin\nmonitor:x:${ACCOUNT}:${ACCOUNT}:monitor:/var/lib/monitor:/sbin/nologin\n`,
  'etc/group': `root:x:0:\nmonitor:x:${ACCOUNT}:\n`,
  'etc/nsswitch.conf': 'hosts: files dns\n',
}

/** Where distributions keep the certificates of CAs, in one file. */
const AUTHORITIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt']
const AUTHORITIES_IN_IMAGE = 'etc/ssl/certs/ca-certificates.crt'

/**
 * Lays into `folder` what `.ci/Containerfile` makes an image of: the program, the libraries that it needs, as this machine
 * has them, the certificates of CAs, and the account that it runs as. Throws where a library is not to be found.
 */
export function layImage(program: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  const root = join(folder, 'root')
  const put = (source: string, path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    copyFileSync(realpathSync(source), join(root, path))
    chmodSync(join(root, path), 0o755)
  }
  put(program, 'usr/bin/monitor')
  for (const library of listLibraries(program)) put(library, library)
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const authorities = AUTHORITIES.find((file) => existsSync(file))
  if (authorities === undefined) throw new Error(`this machine has none of ${AUTHORITIES.join(', ')}`)
  put(authorities, AUTHORITIES_IN_IMAGE)
  mkdirSync(join(root, 'tmp'))
  chmodSync(join(root, 'tmp'), 0o1777)
  // The mode of a volume is that of the folder in the image.
  mkdirSync(join(folder, 'data', 'monitor'), { recursive: true })
  chmodSync(join(folder, 'data', 'monitor'), 0o700)
}

/** Shared libraries and the loader, by their paths. */
function listLibraries(program: string): string[] {
  const { status, stdout, stderr } = spawnSync('ldd', [program], { encoding: 'utf8' })
  if (status !== 0 || stdout.includes('not found')) throw new Error(`ldd ${program}: ${stderr}${stdout}`)
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '')
}
