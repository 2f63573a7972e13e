// `npm test`: installs what is missing, checks, builds and tests everything. The last line is `N passed, N failed`, and the exit code
// says the same. Runs under plain Node, because Bun may not be there yet. With --quick (`npm run test:quick`) only what needs no
// browser, no database server, no Wine and no compiled program.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBun, install, ROOT } from './install.mjs'

/** Debian packages that tests use, with a program of each that tells that it is there. */
const DEBIAN_PACKAGES = [
  { name: 'chromium', program: '/usr/bin/chromium', for: 'the tests in a real browser' },
  { name: 'mariadb-server', program: '/usr/sbin/mariadbd', for: 'storage on MariaDB' },
  { name: 'galera-4', program: '/usr/lib/galera/libgalera_smm.so', for: 'a cluster of databases' },
  { name: 'haproxy', program: '/usr/sbin/haproxy', for: 'a cluster of databases' },
  { name: 'rsync', program: '/usr/bin/rsync', for: 'a cluster of databases' },
  { name: 'faketime', program: '/usr/bin/faketime', for: 'clocks that are wrong, in the minute of chaos' },
  { name: 'iproute2', program: '/usr/sbin/ip', for: 'a database that is cut off from its network' },
  { name: 'openssl', program: '/usr/bin/openssl', for: 'strangers that speak TLS' },
  { name: 'systemd', program: '/usr/bin/systemd-analyze', for: "systemd's judgement of the units" },
  { name: 'dbus-daemon', program: '/usr/bin/dbus-daemon', for: 'questions to systemd and UDisks2' },
  { name: 'shellcheck', program: '/usr/bin/shellcheck', for: 'a look through install.sh' },
  { name: 'busybox', program: '/bin/busybox', for: 'install.sh in a tiny root' },
  { name: 'rpm', program: '/usr/bin/rpm', for: 'the package for rpm' },
  { name: 'xz-utils', program: '/usr/bin/xz', for: 'install.sh in a tiny root' },
  { name: 'buildah', program: '/usr/bin/buildah', for: 'the image of a container' },
  { name: 'wixl', program: '/usr/bin/wixl', for: 'the package for Windows Installer' },
  { name: 'msitools', program: '/usr/bin/msiinfo', for: 'the package for Windows Installer' },
  { name: 'zsh', program: '/usr/bin/zsh', for: 'completion in zsh' },
  { name: 'fish', program: '/usr/bin/fish', for: 'completion in fish' },
  { name: 'groff-base', program: '/usr/bin/groff', for: 'the manual page as it is read' },
  { name: 'zstd', program: '/usr/bin/zstd', for: 'install.sh in a tiny root' },
  { name: 'runc', program: '/usr/sbin/runc', for: 'the image of a container' },
  { name: 'e2fsprogs', program: '/usr/sbin/mkfs.ext4', for: 'a database whose disk fails' },
  { name: 'dash', program: '/bin/dash', for: 'install.sh in a tiny root' },
  { name: 'qemu-user-static', program: '/usr/bin/qemu-aarch64-static', for: 'the program for arm64' },
  {
    name: 'libfaketime',
    program: '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
    for: 'a clock that is put right',
  },
  {
    name: 'debootstrap',
    program: '/usr/sbin/debootstrap',
    for: 'storage on MySQL, from a small Debian that has it',
  },
  {
    name: 'libc6-arm64-cross',
    program: '/usr/aarch64-linux-gnu/lib/libc.so.6',
    for: 'the program for arm64',
  },
  { name: 'musl', program: '/lib/ld-musl-x86_64.so.1', for: 'the program for musl' },
  { name: 'gcc', program: '/usr/bin/gcc', for: 'the program for musl' },
  { name: 'wine64', program: '/usr/lib/wine/wine64', for: 'the program for Windows, under Wine' },
  { name: 'wine', program: '/usr/bin/wine', for: 'the program for Windows, under Wine' },
  {
    name: 'gcc-mingw-w64-x86-64',
    program: '/usr/bin/x86_64-w64-mingw32-gcc',
    for: 'the program for Windows, and the layouts of its structures',
  },
]

let passed = 0
let failed = 0

/** What failed, with what it said: shown again at the end, where it is found also in a log that was cut. */
const failures = []

function count(what, sound) {
  if (sound) passed++
  else {
    failed++
    failures.push(what)
  }
  console.log(`${sound ? 'ok' : 'FAILED'}: ${what}`)
}

/** Runs a command with its output passed on, unless it is to be quiet, and ends it when it takes too long; resolves with its exit code and all it said. */
function run(command, args, { limitMinutes = 30, isQuiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    const limit = setTimeout(() => {
      console.log(`FAILED: ${args.join(' ')} took more than ${limitMinutes} minutes`)
      child.kill('SIGKILL')
    }, limitMinutes * 60_000)
    let output = ''
    for (const [stream, target] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])
      stream.on('data', (chunk) => {
        output += chunk
        if (!isQuiet) target.write(chunk)
      })
    child.on('error', (error) => resolve({ code: 1, output: String(error) }))
    const end = (code) => {
      clearTimeout(limit)
      resolve({ code: code ?? 1, output })
    }
    child.on('close', end)
    // A process that a test left behind may hold the pipes open for ever. By itself this timer keeps nothing running.
    child.on('exit', (code) => setTimeout(end, 5000, code).unref())
  })
}

function installDebianPackages() {
  const missing = DEBIAN_PACKAGES.filter(({ program }) => !existsSync(program))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name)
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`Installing Debian's ${names.join(', ')} ...`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 2] }).status === 0
    if (!apt('install', '-y', '--no-install-recommends', ...names)) {
      apt('update')
      apt('install', '-y', '--no-install-recommends', ...names)
    }
  }
  for (const { name, program, for: use } of missing)
    if (!existsSync(program))
      console.log(`NOT TESTED HERE: ${use} (${program}, Debian package "${name}", is missing)`)
}

const numberBefore = (word, output) =>
  Number([...output.matchAll(new RegExp(`^ *(\\d+) ${word}`, 'gm'))].at(-1)?.[1] ?? 0)

async function main({ isQuick }) {
  install()
  const folder = makeFolder(isQuick ? findMemory() : null)
  try {
    await (isQuick ? mainQuick() : mainAll())
  } finally {
    removeFolder(folder)
  }
}

/** What all tests write lies below: so it goes with them, also what a killed one had no time to remove. */
function makeFolder(place) {
  // Short, because paths of sockets are.
  const folder = mkdtempSync(join(place ?? tmpdir(), 'mt-'))
  // As `/tmp` is: some tests ask what another account can read, and database servers write as one.
  chmodSync(folder, 0o1777)
  process.env.TMPDIR = folder
  return folder
}

/**
 * Each process of tests removes a folder of its own (`test/support/preload/temp-folder.ts`), but for workers, which do not
 * know which file is their last; what else is still here, nobody did.
 */
function removeFolder(folder) {
  const left = readdirSync(folder).flatMap((name) =>
    /^mt-\d+-/.test(name) ? readdirSync(join(folder, name)) : [name],
  )
  if (left.length > 0) console.log(`LEFT BEHIND: ${left.join(', ')}`)
  rmSync(folder, { recursive: true, force: true })
}

async function mainAll() {
  // Three kinds of input, a minute in all; `FUZZ_SECONDS` says how long each is tried.
  process.env.FUZZ_SECONDS ??= '20'
  installDebianPackages()
  const bun = findBun()
  // Made once and kept. It takes a minute, for which nothing has to wait before the tests begin.
  const mysql = run(bun, [join('.ci', 'mysql-root.ts')], { limitMinutes: 10 })
  await checkAll()
  await buildAll(bun)
  await mysql
  let skipped = 0
  await inLanes(
    listGroups().map((group) => async () => {
      skipped += await runGroup(bun, group)
    }),
  )
  if (skipped > 0) console.log(`SKIPPED: ${skipped} tests`)
  if (DEBIAN_PACKAGES.filter(isForCluster).every(({ program }) => existsSync(program)))
    count(
      'cluster of databases and engines, each killed in turn',
      (await run(bun, [join('test', 'cluster', 'run.ts')], { limitMinutes: 10 })).code === 0,
    )
}

/** The checks, and beside them every test that needs none of what takes long to start. */
async function mainQuick() {
  process.env.FUZZ_SECONDS ??= '1'
  const group = { name: 'the quick tests', files: [...QUICK_WORKERS, ...listQuickTests()] }
  const [skipped] = await Promise.all([runGroup(findBun(), group), checkAll()])
  if (skipped > 0) console.log(`SKIPPED: ${skipped} tests`)
}

/**
 * A file system in memory with room for what the tests write: the quick tests do not wait for a disk. The
 * full run uses the disk. Null where there is none, or where the caller has chosen a place.
 */
function findMemory() {
  const place = '/dev/shm'
  if (process.env.TMPDIR !== undefined || !existsSync(place)) return null
  const { bavail, bsize } = statfsSync(place)
  return bavail * bsize > 2 ** 31 ? place : null
}

/** Runs the work in two lanes, or in one on a single processor. */
async function inLanes(work) {
  const lanes = Math.min(2, availableParallelism())
  const left = [...work]
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await next()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** Types, lint and format. */
async function checkAll() {
  const inModules = (...path) => join(ROOT, 'node_modules', ...path)
  const tsc = inModules('typescript', 'bin', 'tsc')
  const check =
    (what, ...args) =>
    async () =>
      count(what, (await run(process.execPath, args)).code === 0)
  await inLanes([
    check('types', tsc, '--noEmit', '-p', '.'),
    check('types of the scripts for browsers', tsc, '--noEmit', '-p', join('src', 'web', 'browser')),
    check('lint and format', inModules('@biomejs', 'biome', 'bin', 'biome'), 'check', '.'),
  ])
}

/** The program for this machine, and for others where it can run here. */
async function buildAll(bun) {
  const build = async (what, ...args) =>
    count(what, (await run(bun, [join('.ci', 'build.ts'), ...args])).code === 0)
  await build('build')
  for (const [what, program, file] of [
    ['build for Windows', '/usr/bin/wine', 'monitor-windows-x64.exe'],
    ['build for arm64', '/usr/bin/qemu-aarch64-static', 'monitor-linux-arm64'],
    ['build for musl', '/lib/ld-musl-x86_64.so.1', 'monitor-linux-x64-musl'],
  ])
    if (existsSync(program)) await build(what, '--only', file)
}

const isForCluster = ({ name, for: use }) => name === 'mariadb-server' || use === 'a cluster of databases'

const isTest = (path) => /\.test\.tsx?$/.test(path)

/** Takes longest, so it begins first. */
const FIRST = './test/browser'

/** Folders of `test` with tests in them, and the tests that lie in `test` itself: each runs in a process of its own. */
function listGroups() {
  const top = join(ROOT, 'test')
  const groups = readdirSync(top, { withFileTypes: true })
    .filter((entry) =>
      entry.isDirectory()
        ? readdirSync(join(top, entry.name), { recursive: true }).some(isTest)
        : isTest(entry.name),
    )
    .map(({ name }) => ({ name: `./test/${name}`, files: [`./test/${name}`] }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return [...groups.filter(({ name }) => name === FIRST), ...groups.filter(({ name }) => name !== FIRST)]
}

/** What a test names that needs a browser, a database server, a disk that fails, Wine or the compiled program. */
const HEAVY =
  /support\/(sql\/(mariadb|mysql|sql-servers)|failing-disk|wine|preload\/no-network)\.ts|\/browser\.ts'|\bdist\b|\bCOMPILED\b/
const HEAVY_FOLDERS = /^(browser|chaos|e2e|install|wine|cluster)(\/|$)/

/**
 * Many of these tests wait for timers and sockets, so that more of them run at a time than there are
 * processors. Each worker takes the next file when it has finished one, and keeps the modules it has loaded.
 */
const QUICK_WORKERS = [
  '--parallel=6',
  '--no-isolate',
  // From the second run on the slowest files begin first, so that none of them is left alone at the end.
  `--timings=${join('node_modules', '.cache', 'quick-tests.json')}`,
  '--update-timings',
]

/** All tests that need none of that, in one command. */
function listQuickTests() {
  const top = join(ROOT, 'test')
  return readdirSync(top, { recursive: true })
    .filter(isTest)
    .filter((path) => !HEAVY_FOLDERS.test(path) && !HEAVY.test(readFileSync(join(top, path), 'utf8')))
    .sort()
    .map((path) => `./test/${path}`)
}

/** Runs the tests of a group, shows what they said when they are over, and counts them; how many were skipped. */
async function runGroup(bun, { name, files }) {
  const begun = performance.now()
  // A busy machine may take long over what is quick otherwise; only a broken program takes as long as a minute.
  const tests = await run(bun, ['test', '--timeout', '60000', ...files], { limitMinutes: 20, isQuiet: true })
  process.stdout.write(tests.output)
  const bad = numberBefore('fail', tests.output) + numberBefore('error', tests.output)
  const good = numberBefore('pass', tests.output)
  passed += good
  failed += tests.code !== 0 && bad === 0 ? 1 : bad
  if (tests.code !== 0) failures.push(...listFailures(name, tests.output))
  const seconds = Math.round((performance.now() - begun) / 1000)
  console.log(`${name}: ${good} passed, ${tests.code === 0 ? 0 : Math.max(bad, 1)} failed, ${seconds} s`)
  return numberBefore('skip', tests.output) + numberBefore('todo', tests.output)
}

const LINES_OF_A_FAILURE = 40

/** The failed tests in what `bun test` printed of a group, each with its file and the last lines before its name. */
function listFailures(group, output) {
  const found = new Map()
  let file = group
  let said = []
  for (const line of output.split('\n')) {
    if (/^\S+\.test\.tsx?:$/.test(line)) {
      file = line.slice(0, -1)
      said = []
    } else if (/^\((pass|skip|todo)\) /.test(line)) said = []
    else if (line.startsWith('(fail) ')) {
      // Bun names all of them a second time at the end, then with other times or none.
      const test = line.slice('(fail) '.length).replace(/ \[[\d.]+m?s\]$/, '')
      if (!found.has(test))
        found.set(test, [`${file}: ${test}`, ...said.slice(-LINES_OF_A_FAILURE)].join('\n'))
      said = []
    } else said.push(line)
  }
  const rest = output.trimEnd().split('\n').slice(-LINES_OF_A_FAILURE)
  return found.size > 0
    ? [...found.values()]
    : [[`${group}, without a test that failed:`, ...rest].join('\n')]
}

try {
  await main({ isQuick: process.argv.includes('--quick') })
} catch (error) {
  failed++
  console.error(error)
}
if (failures.length > 0) console.log(`\nWhat failed:\n\n${failures.join('\n\n')}\n`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
