import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { makeTempDir } from './spawn.ts'

/** Why no such disk can be made here; null when it can. */
export const NO_FAILING_DISK =
  process.getuid?.() === 0 && existsSync('/dev/loop-control') && existsSync('/usr/sbin/mkfs.ext4')
    ? null
    : 'takes root, loop devices and mkfs.ext4'

/**
 * A disk with ext4 of which the system can't write the blocks that were never written before, from `fail` to `heal`: it is in
 * a file of a filesystem that is full then. What fails is lost as on a real disk: one flush is told, and later ones are not.
 */
export class FailingDisk {
  /** Where it is mounted. */
  readonly folder: string
  readonly #root = makeTempDir()
  readonly #mounted: string[] = []
  readonly #device: string

  constructor() {
    const { backing, image } = this.#names()
    this.folder = `${this.#root}/disk`
    for (const folder of [backing, this.folder, `${this.#root}/left`]) mkdirSync(folder)
    this.#mount('-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', backing)
    run('truncate', '-s', '256m', image)
    // Without a journal, which would turn the whole disk off.
    const options = ['-O', '^has_journal', '-E', 'nodiscard,lazy_itable_init=0']
    run('mkfs.ext4', '-q', '-b', '4096', ...options, image)
    this.#device = run('losetup', '-f', '--show', image)
    this.#mount('-o', 'errors=continue', this.#device, this.folder)
  }

  fail(): void {
    const { backing } = this.#names()
    const { bavail, bsize } = statfsSync(backing)
    try {
      writeFileSync(`${backing}/filler`, new Uint8Array(bavail * bsize))
    } catch {
      // What the disk was written to meanwhile is missing then: the filesystem is full, too.
    }
  }

  heal(): void {
    rmSync(`${this.#names().backing}/filler`, { force: true })
  }

  /** What the system does by itself some time after a write: it writes to the disk. */
  writeBack(): void {
    spawnSync('sync', ['-f', this.folder])
  }

  /** What a power cut would leave: a folder with what is on the disk now. */
  cutPower(): string {
    const [copy, left] = [`${this.#root}/copy`, `${this.#root}/left`]
    copyFileSync(this.#names().image, copy)
    // Without a journal the list of free blocks may be older than the files, and then what is written next goes over them.
    const { status, stdout } = spawnSync('e2fsck', ['-fy', copy], { encoding: 'utf8' })
    if (status === null || status > 3) throw new Error(`e2fsck: ${stdout}`)
    this.#mount('-o', 'loop', copy, left)
    return left
  }

  end(): void {
    this.heal()
    for (const folder of this.#mounted.reverse()) {
      if (folder === this.#names().backing) spawnSync('losetup', ['-d', this.#device])
      spawnSync('umount', ['-l', folder])
    }
    rmSync(this.#root, { recursive: true, force: true })
  }

  #names() {
    return { backing: `${this.#root}/backing`, image: `${this.#root}/backing/image` }
  }

  #mount(...options: string[]): void {
    run('mount', ...options)
    this.#mounted.push(options.at(-1) ?? '')
  }
}

function run(command: string, ...options: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${options.join(' ')}: ${stderr}`)
  return stdout.trim()
}
