// `npm run build`: dist/monitor for this machine; with --all also the whole release: for each system the executable and an archive, each
// with its SHA-256, install scripts, bill of materials and SHA256SUMS. With --only FILE (`npm run build -- --only
// monitor-windows-x64.exe`) that one executable alone, with --pack its archive too. With --image also dist/image, for the
// image of a container.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { COMMANDS } from '../src/cli/commands/index.ts'
import { writeCompletion } from '../src/cli/completion.ts'
import { writeManPage } from '../src/cli/man-page.ts'
import { nameDeb, packDeb } from './deb.ts'
import { layImage } from './image.ts'
import { nameMsi, packMsi } from './msi.ts'
import type { PackageOptions } from './package-files.ts'
import { findSigningKey, finishRelease, packRelease, packSmaller, writeChecksum } from './release.ts'
import { nameRpm, packRpm } from './rpm.ts'
import { brandExecutable } from './windows-resources.ts'

const ROOT = join(import.meta.dir, '..')
const DIST = join(ROOT, 'dist')
const MAIN = join(ROOT, 'src', 'main.ts')
const READING_THREAD = join(ROOT, 'src', 'storage', 'reading-thread', 'entry.ts')
const NVML_THREAD = join(ROOT, 'src', 'platform', 'nvml', 'entry.ts')
const SERVICE_WORKER = join(ROOT, 'src', 'platform', 'win32', 'service-worker.ts')
/** Executables of Bun for other systems, fetched once. */
const CACHE = join(ROOT, 'node_modules', '.cache', 'bun-executables')

type Release = { file: string; target: Bun.Build.CompileTarget; package: string; executable: string }

const RELEASES: readonly Release[] = [
  { file: 'monitor-linux-x64', target: 'bun-linux-x64', package: 'bun-linux-x64', executable: 'bun' },
  { file: 'monitor-linux-arm64', target: 'bun-linux-arm64', package: 'bun-linux-aarch64', executable: 'bun' },
  {
    file: 'monitor-linux-x64-musl',
    target: 'bun-linux-x64-musl',
    package: 'bun-linux-x64-musl',
    executable: 'bun',
  },
  {
    file: 'monitor-linux-arm64-musl',
    target: 'bun-linux-arm64-musl',
    package: 'bun-linux-aarch64-musl',
    executable: 'bun',
  },
  {
    file: 'monitor-windows-x64.exe',
    target: 'bun-windows-x64',
    package: 'bun-windows-x64',
    executable: 'bun.exe',
  },
]

/**
 * Bun reads no file of the folder it happens to be started in. Modules that only one role needs stay in chunks of their
 * own, and bytecode is read from the file when it is called: both keep an agent's memory small.
 */
async function compile(file: string, target?: { name: Bun.Build.CompileTarget; executable: string }) {
  const draft = join(DIST, `.${file}.${process.pid}`)
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  try {
    const result = await Bun.build({
      // A thread begins with a file of its own.
      entrypoints: [MAIN, READING_THREAD, /windows|^monitor\.exe$/.test(file) ? SERVICE_WORKER : NVML_THREAD],
      root: ROOT,
      outdir: draft,
      minify: true,
      splitting: true,
      bytecode: true,
      format: 'esm',
      sourcemap: 'linked',
      define: { BUILD_COMMIT: JSON.stringify(readCommit()) },
      compile: {
        outfile: join(draft, file),
        autoloadDotenv: false,
        autoloadBunfig: false,
        ...(target && { target: target.name, executablePath: target.executable }),
      },
    })
    if (!result.success) throw new AggregateError(result.logs, `${file} could not be built`)
    // In one step: a running program is not written into, and nobody sees half a file.
    renameSync(join(draft, file), join(DIST, file))
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function readCommit(): string {
  const git = (...args: string[]) => {
    const { success, stdout } = Bun.spawnSync(['git', ...args], { cwd: ROOT, stderr: 'ignore' })
    return success ? stdout.toString().trim() : ''
  }
  const commit = git('rev-parse', '--short=8', 'HEAD')
  if (commit === '') return 'unknown'
  return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}+changes`
}

/** Fetches the package that carries Bun for another system and holds it to the checksum of package-lock.json. */
function fetchExecutable({ package: name, executable }: Release): string {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const { version, integrity } = lock.packages[`node_modules/@oven/${name}`]
  const folder = join(CACHE, `${name}-${version}`)
  const file = join(folder, 'package', 'bin', executable)
  if (existsSync(file)) return file
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const [packed] = JSON.parse(runQuietly(['npm', 'pack', '--json', `@oven/${name}@${version}`], folder))
  const archive = join(folder, basename(packed.filename))
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (found !== integrity) throw new Error(`@oven/${name}@${version} is not what package-lock.json names`)
  runQuietly(['tar', '-xzf', archive], folder)
  rmSync(archive)
  return file
}

/** Bun for Windows with our icon and version; made anew, because either may have changed. */
function brandForWindows(executable: string): string {
  const { version, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const branded = join(CACHE, `branded-${process.pid}.exe`)
  const icon = readFileSync(join(ROOT, 'assets', 'monitor.ico'))
  const title = 'Monitor: server monitoring'
  writeFileSync(
    branded,
    brandExecutable(readFileSync(executable), { icon, version, title, licence: license }),
  )
  return branded
}

async function compileRelease(release: Release) {
  const fetched = fetchExecutable(release)
  const isWindows = release.executable.endsWith('.exe')
  const executable = isWindows ? brandForWindows(fetched) : fetched
  try {
    await compile(release.file, { name: release.target, executable })
  } finally {
    if (isWindows) rmSync(executable)
  }
  console.log(`dist/${release.file}  ${writeChecksum(DIST, release.file)}`)
}

/** Seconds since 1970 of the commit that is built, so that building it again gives the same archives. */
function readCommitTime(): number {
  const { success, stdout } = Bun.spawnSync(['git', 'log', '-1', '--format=%ct'], {
    cwd: ROOT,
    stderr: 'ignore',
  })
  return success ? Number(stdout.toString()) : 0
}

function runQuietly(command: string[], cwd: string): string {
  const { success, stdout, stderr } = Bun.spawnSync(command, { cwd })
  if (!success) throw new Error(`${command.join(' ')} failed: ${stderr}`)
  return stdout.toString()
}

function chooseReleases(words: readonly string[]): readonly Release[] {
  if (words.includes('--all')) return RELEASES
  if (!words.includes('--only')) return []
  const wanted = words[words.indexOf('--only') + 1]
  const found = RELEASES.filter(({ file }) => file === wanted)
  if (found.length === 0)
    throw new Error(`--only takes one of ${RELEASES.map(({ file }) => file).join(', ')}`)
  return found
}

/** The package for Windows Installer; none where its tool is missing, which is said. */
function writeMsi(program: string): string[] {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const name = nameMsi(version)
  const why = packMsi(join(DIST, name), { version, program: join(DIST, program) })
  if (why !== null) {
    console.log(`NOT MADE: ${name} (${why})`)
    return []
  }
  console.log(`dist/${name}  ${writeChecksum(DIST, name)}`)
  return [name]
}

/** The packages of a build for the systems that it is for: of distributions with glibc, and of Windows. */
function writePackages(file: string): string[] {
  if (file.endsWith('.exe')) return writeMsi(file)
  const processor = file === 'monitor-linux-x64' ? 'x64' : file === 'monitor-linux-arm64' ? 'arm64' : null
  if (processor === null) return []
  const text = (name: string) => readFileSync(join(ROOT, name), 'utf8')
  const { version } = JSON.parse(text('package.json'))
  const time = readCommitTime()
  const options: PackageOptions = {
    version,
    processor,
    time,
    program: readFileSync(join(DIST, file)),
    manPage: writeManPage(COMMANDS, version, new Date(time * 1000).toISOString().slice(0, 10)),
    completions: {
      bash: writeCompletion('bash'),
      zsh: writeCompletion('zsh'),
      fish: writeCompletion('fish'),
    },
    exampleConfig: text('config.example.toml'),
    licence: text('LICENSE'),
  }
  const packages = { [nameDeb(options)]: packDeb(options), [nameRpm(options)]: packRpm(options) }
  for (const [name, data] of Object.entries(packages)) {
    writeFileSync(join(DIST, name), data)
    console.log(`dist/${name}  ${writeChecksum(DIST, name)}`)
  }
  return Object.keys(packages)
}

const words = process.argv.slice(2)
if (!words.includes('--only')) {
  const own = process.platform === 'win32' ? 'monitor.exe' : 'monitor'
  await compile(own)
  console.log(`dist/${own}`)
  if (words.includes('--image')) {
    layImage(join(DIST, own), join(DIST, 'image'))
    console.log('dist/image, from which .ci/Containerfile makes an image')
  }
}
const isWhole = words.includes('--all')
const key = findSigningKey(process.env)
const made: string[] = []
for (const release of chooseReleases(words)) {
  await compileRelease(release)
  made.push(release.file)
  if (!isWhole && !words.includes('--pack')) continue
  made.push(...writePackages(release.file))
  const archive = packRelease(DIST, release.file, readCommitTime(), key)
  const small = isWhole ? packSmaller(DIST, archive) : null
  for (const file of small === null ? [archive] : [archive, small]) {
    made.push(file)
    console.log(`dist/${file}`)
  }
}
if (isWhole) for (const file of finishRelease(DIST, made, readCommitTime(), key)) console.log(`dist/${file}`)
