import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const SRC = join(import.meta.dir, '..', 'src')
const FEATURES = ['web', 'collect', 'events', 'agent']

/** What each folder may import besides itself; single files are those that stand for a port. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  main: ['cli'],
  cli: ['roles', 'service', ...FEATURES, 'config', 'storage', 'platform', 'domain', 'protocol'],
  roles: ['service', ...FEATURES, 'config', 'storage', 'platform', 'domain', 'protocol'],
  service: ['config', 'platform'],
  ...Object.fromEntries(
    FEATURES.map((name) => [name, ['protocol', 'domain', 'storage/ports', 'platform', 'config/fields']]),
  ),
  // The settings of channels are declared where they are used.
  config: ['domain', 'events/channels/index.ts'],
  protocol: ['domain'],
  storage: ['domain'],
  platform: ['domain'],
  domain: [],
  lib: [],
}

/** Where a program begins: the executable, its threads, the scripts of pages, and what compiled markup calls. */
const ENTRIES = [
  'main.ts',
  'platform/nvml/entry.ts',
  'platform/win32/service-worker.ts',
  'storage/reading-thread/entry.ts',
  ...['app', 'charts', 'host-map', 'kiosk', 'theme'].map((script) => `web/browser/${script}.ts`),
  'web/ui/markup/jsx-dev-runtime.ts',
  'web/ui/markup/jsx-runtime.ts',
]

/** What runs in browsers. */
const BROWSER = 'web/browser/'

type SourceFile = { readonly path: string; readonly text: string; readonly imports: readonly string[] }

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .sort()
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8')
    return { path, text, imports: listImports(path, text) }
  })

/**
 * Every module that a file names: `Bun.Transpiler` sees what runs, the pattern adds what is there for its
 * types only.
 */
function listImports(path: string, text: string): string[] {
  const seen = new Bun.Transpiler({ loader: path.endsWith('x') ? 'tsx' : 'ts' })
    .scanImports(text)
    .map((found) => found.path)
  const typed = [...text.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)].map(
    ([, name]) => name ?? '',
  )
  const inline = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, name]) => name ?? '')
  return [...new Set([...seen, ...typed, ...inline])].map((name) =>
    name.startsWith('.') ? relative(SRC, join(SRC, dirname(path), name)) : name,
  )
}

const isOurs = (imported: string) => files.some(({ path }) => path === imported)
const folderOf = (path: string) => (path === 'main.ts' ? 'main' : (path.split('/')[0] ?? ''))

/** Files with something forbidden in them, as `file: what`. */
function findForbidden(pattern: RegExp, isChecked: (path: string) => boolean): string[] {
  return files
    .filter(({ path }) => isChecked(path))
    .flatMap(({ path, text }) => {
      const found = pattern.exec(withoutComments(text))
      return found ? [`${path}: ${found[0]}`] : []
    })
}

const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

describe('arrows', () => {
  test('every folder of src has its place in the rules', () =>
    expect(files.map(({ path }) => folderOf(path)).filter((folder) => !(folder in ALLOWED))).toEqual([]))

  test('point down only', () => {
    const wrong = files.flatMap(({ path, imports }) => {
      const folder = folderOf(path)
      const allowed = [folder, 'lib', ...(ALLOWED[folder] ?? [])]
      if (folder === 'domain') allowed.splice(allowed.indexOf('lib'), 1)
      return imports
        .filter(isOurs)
        .filter(
          (imported) => !allowed.some((entry) => imported === entry || imported.startsWith(`${entry}/`)),
        )
        .map((imported) => `${path} -> ${imported}`)
    })
    expect(wrong).toEqual([])
  })

  // Each takes some two megabytes of memory; `lib/node-modules.ts` loads them when they are first needed.
  test('lead an agent to no large module before it needs one', () => {
    const large =
      /^node:(net|tls|crypto|zlib|http|https|stream|tty|util)$|^(nodemailer|mysql2|yargs)|x509|reflect-metadata/
    const found = new Set<string>()
    const follow = (path: string, from: string) => {
      if (large.test(path)) found.add(`${from} -> ${path}`)
      const file = files.find((one) => one.path === path)
      if (file === undefined || seen.has(path)) return
      seen.add(path)
      const loader = path.endsWith('x') ? 'tsx' : 'ts'
      for (const { kind, path: name } of new Bun.Transpiler({ loader }).scanImports(file.text))
        if (kind === 'import-statement')
          follow(name.startsWith('.') ? relative(SRC, join(SRC, dirname(path), name)) : name, path)
    }
    const seen = new Set<string>()
    for (const entry of ['main.ts', 'roles/agent.ts']) follow(entry, '')
    expect(seen.size).toBeGreaterThan(150)
    expect([...found]).toEqual([])
  })

  // Parts of one folder may lean on the folder itself, which puts them together; no two others on each other.
  test('never tie two folders both ways', () => {
    const ties = new Map<string, string>()
    for (const { path, imports } of files)
      for (const imported of imports.filter(isOurs)) {
        const [from, to] = [dirname(path), dirname(imported)]
        const isInside = from.startsWith(`${to}/`) || to.startsWith(`${from}/`)
        if (from !== to && !isInside) ties.set(`${from} -> ${to}`, `${path} -> ${imported}`)
      }
    const mutual = [...ties].filter(([tie]) => ties.has(tie.split(' -> ').reverse().join(' -> ')))
    expect(mutual.map(([, example]) => example)).toEqual([])
  })

  test('in web, pages and API lie side by side, and parts of pages know neither', () => {
    const forbidden: Readonly<Record<string, readonly string[]>> = {
      'web/pages': ['web/api'],
      'web/api': ['web/pages'],
      'web/ui': ['web/charts', 'web/http', 'web/pages', 'web/api'],
      'web/charts': ['web/pages', 'web/api'],
      'web/reports': ['web/pages', 'web/api'],
      cli: ['web/'],
    }
    const wrong = Object.entries(forbidden).flatMap(([folder, others]) =>
      files
        .filter(({ path }) => path.startsWith(`${folder}/`))
        .flatMap(({ path, imports }) =>
          imports
            .filter((imported) => others.some((other) => imported.startsWith(other)))
            .map((imported) => `${path} -> ${imported}`),
        ),
    )
    expect(wrong).toEqual([])
  })

  test('lead to files that are there', () => {
    const known = new Set(files.map(({ path }) => path))
    const lost = files.flatMap(({ path, imports }) =>
      imports
        .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('..') && !known.has(name))
        .map((name) => `${path} -> ${name}`),
    )
    expect(lost).toEqual([])
  })

  test('reach every file from the program, so that a new probe, page or task is also listed', () => {
    const byPath = new Map(files.map((file) => [file.path, file]))
    const reached = new Set<string>()
    const visit = (path: string) => {
      if (reached.has(path)) return
      reached.add(path)
      for (const imported of byPath.get(path)?.imports ?? []) visit(imported)
    }
    for (const entry of ENTRIES) visit(entry)
    const left = files.map(({ path }) => path).filter((path) => !reached.has(path) && !path.endsWith('.d.ts'))
    expect(
      left.map((path) => `${path} is imported by nothing: list it in the index of its folder, or delete it`),
    ).toEqual([])
  })

  test('never lead back to where they came from', () => {
    const byPath = new Map(files.map((file) => [file.path, file]))
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (path: string, way: readonly string[]) => {
      const start = way.indexOf(path)
      if (start >= 0) cycles.push([...way.slice(start), path].join(' -> '))
      if (start >= 0 || done.has(path)) return
      for (const imported of byPath.get(path)?.imports ?? []) visit(imported, [...way, path])
      done.add(path)
    }
    for (const { path } of files) visit(path, [])
    expect(cycles).toEqual([])
  })

  test('domain knows no module but its own', () =>
    expect(
      files
        .filter(({ path }) => folderOf(path) === 'domain')
        .flatMap(({ path, imports }) =>
          imports.filter((name) => !isOurs(name)).map((name) => `${path} -> ${name}`),
        ),
    ).toEqual([]))
})

describe('bans', () => {
  // Checks of kind "script" run programs that the agent's own file names; one file does so, with all that
  // bounds it.
  test('the agent starts no process, but for the runner of scripts', () =>
    expect(
      findForbidden(/child_process|\bBun\.spawn|\bspawnSync\b|\bBun\.\$|import \{ ?\$/, (path) =>
        ['agent', 'platform'].includes(folderOf(path)),
      ),
    ).toEqual(['agent/checks/run-program.ts: Bun.spawn']))

  test('time, environment and exit are handed in, not taken', () =>
    expect(
      findForbidden(
        /\bDate\.now\(|\bnew Date\(\)|\bprocess\.env\b|\bBun\.env\b|\bprocess\.exit\b|\bsetTimeout\(|\bsetInterval\(/,
        (path) =>
          !path.startsWith(BROWSER) &&
          !['main', 'cli', 'service', 'roles', 'config', 'lib'].includes(folderOf(path)),
      ),
    ).toEqual([]))

  test('only roles open the database, and storage itself', () =>
    expect(
      files.flatMap(({ path, imports }) =>
        imports.includes('storage/open.ts') && !['cli', 'roles', 'storage'].includes(folderOf(path))
          ? [path]
          : [],
      ),
    ).toEqual([]))

  test('exports have names', () => expect(findForbidden(/^export default\b/m, () => true)).toEqual([]))
})

describe('scripts of the browser', () => {
  const isOfBrowser = ({ path }: SourceFile) => path.startsWith(BROWSER)

  test('share with the server what needs nothing of it', () => {
    const byPath = new Map(files.map((file) => [file.path, file]))
    const foreign = new Set<string>()
    const visit = ({ path, imports }: SourceFile, seen: Set<string>) => {
      if (seen.has(path)) return
      seen.add(path)
      for (const name of imports) {
        const file = byPath.get(name)
        if (file) visit(file, seen)
        else foreign.add(`${path} -> ${name}`)
      }
      if (/^(domain|lib)\/|^web\/(browser|ui|charts)\//.test(path)) return
      foreign.add(path)
    }
    const seen = new Set<string>()
    for (const file of files.filter(isOfBrowser)) visit(file, seen)
    expect([...foreign]).toEqual([])
    // Formatting and the places of drawings stand once, for both sides.
    expect(seen).toContain('web/ui/format.ts')
    expect(seen).toContain('web/charts/plot.ts')
  })

  test('are imported by nothing that runs on the server', () =>
    expect(
      files
        .filter((file) => !isOfBrowser(file))
        .flatMap(({ path, imports }) =>
          imports.filter((name) => name.startsWith(BROWSER)).map((name) => `${path} -> ${name}`),
        ),
    ).toEqual([]))

  test('leave no globals behind', () =>
    expect(findForbidden(/\b(?:globalThis|window)\b/, (path) => path.startsWith(BROWSER))).toEqual([]))

  test('are written in TypeScript', () =>
    expect(
      readdirSync(join(SRC, '..', 'assets'), { recursive: true, encoding: 'utf8' }).filter((path) =>
        /\.[cm]?js$/.test(path),
      ),
    ).toEqual([]))
})

test('no type name is declared in two files of src', () => {
  const places = new Map<string, Set<string>>()
  for (const { path, text } of files)
    for (const [, name = ''] of text.matchAll(
      /^(?:export )?(?:declare )?(?:abstract )?(?:type|interface|class) ([A-Z]\w*)/gm,
    ))
      places.set(name, (places.get(name) ?? new Set()).add(path))
  const twice = [...places].filter(([, paths]) => paths.size > 1)
  expect(twice.map(([name, paths]) => `${name}: ${[...paths].join(', ')}`)).toEqual([])
})

test('no line of src is longer than 140 columns', () =>
  expect(
    files.flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, i) => (line.length > 140 ? [`${path}:${i + 1}`] : [])),
    ),
  ).toEqual([]))

const TEST = import.meta.dir
const MOST_FILES = 20

test('no folder of src or test has more than twenty files of its own', () => {
  const counts = new Map<string, number>()
  for (const top of ['src', 'test'])
    for (const entry of readdirSync(join(TEST, '..', top), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const folder = relative(join(TEST, '..'), entry.parentPath)
        counts.set(folder, (counts.get(folder) ?? 0) + 1)
      }
  const full = [...counts].filter(([folder, count]) => count > MOST_FILES && !folder.includes('fixtures'))
  expect(full.map(([folder, count]) => `${folder} has ${count} files: give some a folder`)).toEqual([])
})

test.each([
  {
    folder: 'storage/contracts',
    list: 'contracts.ts',
    kind: /^export function describe/m,
    ends: '.contract.ts',
  },
  { folder: 'bench/figures', list: 'index.ts', kind: /^export const \w+: Benchmark =/m, ends: '.ts' },
])('every file of test/$folder is named in its $list', ({ folder, list, kind, ends }) => {
  const index = readFileSync(join(TEST, folder, list), 'utf8')
  const found = readdirSync(join(TEST, folder), { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith(ends) && kind.test(readFileSync(join(TEST, folder, path), 'utf8')),
  )
  expect(found.length).toBeGreaterThan(5)
  const missing = found.filter((path) => !index.includes(`'./${path}'`))
  expect(missing.map((path) => `test/${folder}/${list} lacks ./${path}`)).toEqual([])
})

const ASSETS = join(SRC, '..', 'assets')
const sheets = readdirSync(ASSETS, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.css'))
  .map((path) => ({ path: `assets/${path}`, text: readFileSync(join(ASSETS, path), 'utf8') }))

test('no file of src and no style sheet has more than 300 lines', () => {
  expect(sheets.length).toBeGreaterThan(20)
  const long = [...files, ...sheets].map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
  expect(long.filter(({ lines }) => lines > 300)).toEqual([])
})
