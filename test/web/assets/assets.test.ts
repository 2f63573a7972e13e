import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assetUrl, listAssets, listScripts } from '../../../src/web/assets/assets.ts'

const textOf = (url: string) =>
  new TextDecoder().decode(listAssets().find((asset) => asset.url === url)?.bytes ?? new Uint8Array())

/** The files that a script imports, at its first line or later. */
const importsOf = (url: string) =>
  [...textOf(url).matchAll(/"\.\/([\w-]+\.js)"/g)].map(([, file]) => `/assets/${file}`)

describe('scripts', () => {
  test.each(['app', 'charts', 'kiosk'])(
    '%s is loaded with all that it imports, which comes first',
    (name) => {
      const list = listScripts([name])
      const needed = new Set(list.slice(-1))
      for (const url of needed) {
        expect(textOf(url).length).toBeGreaterThan(0)
        for (const further of importsOf(url)) needed.add(further)
      }
      expect([...list].sort()).toEqual([...needed].sort())
      expect(list.at(-1)).toMatch(new RegExp(`^/assets/${name}-\\w+\\.js$`))
    },
  )

  test('the one before the first paint waits for nothing', () =>
    expect(textOf(assetUrl('theme.js'))).not.toMatch(/\b(?:import|export)\b/))

  test('what two of them share is loaded once', () => {
    const both = listScripts(['app', 'charts'])
    expect(new Set(both).size).toBe(both.length)
    expect(both.length).toBeLessThan(listScripts(['app']).length + listScripts(['charts']).length)
  })

  test('a name that does not exist is an error in our own code', () => {
    expect(() => listScripts(['nothing'])).toThrow('bundle-scripts.ts')
    expect(() => assetUrl('nothing.css')).toThrow('assets.ts')
  })
})

test('the compiled program holds the same scripts, and needs no bundler for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-assets-'))
  try {
    const main = join(folder, 'main.ts')
    const assets = new URL('../../../src/web/assets/assets.ts', import.meta.url).pathname
    await Bun.write(
      main,
      `import { listAssets } from ${JSON.stringify(assets)}\nconsole.log(JSON.stringify(listAssets().map(({ url, bytes }) => [url.replace(/-[^-]*$/, ''), bytes.length])))`,
    )
    const outfile = join(folder, 'program')
    const built = Bun.spawnSync([
      process.execPath,
      'build',
      '--compile',
      '--minify',
      main,
      '--outfile',
      outfile,
    ])
    expect(built.exitCode).toBe(0)
    const { stdout } = Bun.spawnSync([outfile], { env: {}, cwd: folder })
    expect(JSON.parse(stdout.toString())).toEqual(
      listAssets().map(({ url, bytes }) => [url.replace(/-[^-]*$/, ''), bytes.length]),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
