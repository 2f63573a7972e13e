/** What is read of package-lock.json. */
export type LockFile = {
  readonly name: string
  readonly version: string
  readonly packages: Readonly<Record<string, LockedPackage>>
}

type LockedPackage = {
  readonly name?: string
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly peer?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

type Component = { readonly path: string; readonly name: string; readonly entry: LockedPackage }

/** Bun is in every executable, though npm calls it a package for development. */
const RUNTIME = 'bun'

/**
 * Software bill of materials of the executables as CycloneDX 1.6: Bun, and every package that package-lock.json names for running.
 * The same text for the same lock file.
 */
export function writeBillOfMaterials(lock: LockFile, time: number): string {
  const runtime: Component[] = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && (!dev || path === `node_modules/${RUNTIME}`))
    .map(([path, entry]) => ({ path, name: nameOf(path), entry }))
  const own = `pkg:npm/${lock.name}@${lock.version}`
  const byPath = new Map(runtime.map((component) => [component.path, component]))
  // A version that lies in several folders is one component.
  const unique = [
    ...new Map(runtime.map((component) => [refOf(component.name, component.entry), component])).values(),
  ]
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      component: {
        type: 'application',
        'bom-ref': own,
        name: lock.name,
        version: lock.version,
        licenses: describeLicence(lock.packages['']?.license),
        purl: own,
      },
    },
    components: unique.map(describeComponent),
    dependencies: [
      {
        ref: own,
        dependsOn: [...Object.keys(lock.packages['']?.dependencies ?? {}), RUNTIME].flatMap((name) =>
          refsOf(name, '', byPath),
        ),
      },
      ...unique.map(({ path, entry }) => ({
        ref: refOf(nameOf(path), entry),
        dependsOn: Object.keys(entry.dependencies ?? {}).flatMap((name) => refsOf(name, path, byPath)),
      })),
    ],
  }
  return `${JSON.stringify(bill, null, 2)}\n`
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** A package URL: the at sign of a scope is written with its code. */
const refOf = (name: string, { version }: LockedPackage) => `pkg:npm/${name.replace('@', '%40')}@${version}`

/** Found as Node.js finds it: beside the package that asks, then in each folder above. */
function refsOf(name: string, from: string, byPath: ReadonlyMap<string, Component>): string[] {
  for (let folder = from; ; ) {
    const found = byPath.get(`${folder === '' ? '' : `${folder}/`}node_modules/${name}`)
    if (found !== undefined) return [refOf(name, found.entry)]
    if (folder === '') return []
    const at = folder.lastIndexOf('/node_modules/')
    folder = at < 0 ? '' : folder.slice(0, at)
  }
}

function describeComponent({ name, entry }: Component) {
  const ref = refOf(name, entry)
  const [, algorithm, digest] = /^(sha\d+)-(.+)$/.exec(entry.integrity ?? '') ?? []
  return {
    type: name === RUNTIME ? 'platform' : 'library',
    'bom-ref': ref,
    name,
    version: entry.version,
    scope: 'required',
    ...(algorithm !== undefined &&
      digest !== undefined && {
        hashes: [
          { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') },
        ],
      }),
    licenses: describeLicence(entry.license),
    purl: ref,
  }
}

function describeLicence(licence: string | undefined) {
  if (licence === undefined) return []
  return /[ ()]/.test(licence) ? [{ expression: licence }] : [{ license: { id: licence } }]
}
