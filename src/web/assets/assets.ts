import { readFileSync } from 'node:fs'
import emptyCss from '../../../assets/app/empty.css' with { type: 'file' }
import eventLinesCss from '../../../assets/app/event-lines.css' with { type: 'file' }
import eventsCss from '../../../assets/app/events.css' with { type: 'file' }
import facetsCss from '../../../assets/app/facets.css' with { type: 'file' }
import forcedCss from '../../../assets/app/forced.css' with { type: 'file' }
import frameCss from '../../../assets/app/frame.css' with { type: 'file' }
import graphCss from '../../../assets/app/graph.css' with { type: 'file' }
import graphMarksCss from '../../../assets/app/graph-marks.css' with { type: 'file' }
import cardsCss from '../../../assets/app/home/cards.css' with { type: 'file' }
import fleetCss from '../../../assets/app/home/fleet.css' with { type: 'file' }
import hostMapCss from '../../../assets/app/home/host-map.css' with { type: 'file' }
import problemsCss from '../../../assets/app/home/problems.css' with { type: 'file' }
import hostCss from '../../../assets/app/host.css' with { type: 'file' }
import hostPageCss from '../../../assets/app/host-page.css' with { type: 'file' }
import narrowEventsCss from '../../../assets/app/narrow/events.css' with { type: 'file' }
import narrowGraphCss from '../../../assets/app/narrow/graph.css' with { type: 'file' }
import narrowHostsCss from '../../../assets/app/narrow/hosts.css' with { type: 'file' }
import narrowNavigationCss from '../../../assets/app/narrow/navigation.css' with { type: 'file' }
import narrowPageCss from '../../../assets/app/narrow/page.css' with { type: 'file' }
import narrowTablesCss from '../../../assets/app/narrow/tables.css' with { type: 'file' }
import partsCss from '../../../assets/app/parts.css' with { type: 'file' }
import resultCss from '../../../assets/app/result.css' with { type: 'file' }
import tablesCss from '../../../assets/app/tables.css' with { type: 'file' }
import tokensCss from '../../../assets/app/tokens.css' with { type: 'file' }
import wallCss from '../../../assets/app/wall.css' with { type: 'file' }
import faviconSvg from '../../../assets/favicon.svg' with { type: 'file' }
import printCss from '../../../assets/print.css' with { type: 'file' }
import bulkCss from '../../../assets/settings/bulk.css' with { type: 'file' }
import eventListCss from '../../../assets/settings/event-list.css' with { type: 'file' }
import eventPageCss from '../../../assets/settings/event-page.css' with { type: 'file' }
import formsCss from '../../../assets/settings/forms.css' with { type: 'file' }
import foundAndReportsCss from '../../../assets/settings/found-and-reports.css' with { type: 'file' }
import hostListCss from '../../../assets/settings/host-list.css' with { type: 'file' }
import listsCss from '../../../assets/settings/lists.css' with { type: 'file' }
import settingsNarrowCss from '../../../assets/settings/narrow.css' with { type: 'file' }
import { bundleScripts } from './bundle-scripts.ts' with { type: 'macro' }
import { compress, type Encoding } from './compress.ts'

/** Later rules overrule earlier ones: the order counts. */
const APP_SHEETS = [
  tokensCss,
  frameCss,
  partsCss,
  tablesCss,
  emptyCss,
  eventLinesCss,
  hostCss,
  hostPageCss,
  graphCss,
  graphMarksCss,
  eventsCss,
  cardsCss,
  problemsCss,
  hostMapCss,
  fleetCss,
  resultCss,
  facetsCss,
  wallCss,
  narrowNavigationCss,
  narrowPageCss,
  narrowTablesCss,
  narrowEventsCss,
  narrowGraphCss,
  narrowHostsCss,
  forcedCss,
]

/** What pages of lists, forms and events need besides. */
const SETTINGS_SHEETS = [
  formsCss,
  listsCss,
  bulkCss,
  eventPageCss,
  eventListCss,
  foundAndReportsCss,
  hostListCss,
  settingsNarrowCss,
  printCss,
]

/**
 * Everything but scripts that a browser fetches besides pages: its name in the code, and the file that is
 * part of the executable; several become one.
 */
const FILES: Readonly<Record<string, string | readonly string[]>> = {
  'app.css': APP_SHEETS,
  'settings.css': SETTINGS_SHEETS,
  'favicon.svg': faviconSvg,
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

export type Asset = {
  /** Changes with the content, so that a browser may keep it for ever. */
  readonly url: string
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Packed once and kept, at the highest level. */
  packed(encoding: Encoding): Uint8Array<ArrayBuffer>
}

/**
 * Scripts and what several of them share, by their names in the address. Macros run when this file is
 * compiled.
 */
const SCRIPTS: Readonly<Record<string, string>> = bundleScripts()

const byName = new Map<string, Asset>()

/** The address of an asset by its name; a name that is not in the list is a mistake of ours and throws. */
export const assetUrl = (name: string): string => openAsset(name).url

/** Every asset; reads those that were not used yet. */
export const listAssets = (): Asset[] => [
  ...Object.keys(FILES).map(openAsset),
  ...Object.keys(SCRIPTS).map(openScript),
]

/** The files are part of the executable and never change, so each one is read once. */
function openAsset(name: string): Asset {
  const known = byName.get(name)
  if (known) return known
  if (name.endsWith('.js')) return openScript(scriptFile(name))
  const file = FILES[name]
  if (file === undefined) throw new Error(`there is no asset ${name}: add it to src/web/assets/assets.ts`)
  const bytes = Uint8Array.from(Buffer.concat([file].flat().map((one) => readFileSync(one))))
  const hash = new Bun.CryptoHasher('sha256').update(bytes).digest('hex').slice(0, 12)
  const dot = name.lastIndexOf('.')
  const asset = makeAsset(`${name.slice(0, dot)}-${hash}${name.slice(dot)}`, bytes)
  byName.set(name, asset)
  return asset
}

/** The bundler has put a hash of its content into the name of each script. */
function openScript(file: string): Asset {
  const known = byName.get(file)
  if (known) return known
  const asset = makeAsset(file, new TextEncoder().encode(SCRIPTS[file]))
  byName.set(file, asset)
  return asset
}

function makeAsset(file: string, bytes: Uint8Array<ArrayBuffer>): Asset {
  const packed = new Map<Encoding, Uint8Array<ArrayBuffer>>()
  return {
    url: `/assets/${file}`,
    type: TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    bytes,
    packed(encoding) {
      const ready = packed.get(encoding) ?? compress(bytes, encoding, 'best')
      packed.set(encoding, ready)
      return ready
    },
  }
}

/**
 * URLs of the files that a page loads for these scripts of `src/web/browser`, in this order. The chunks that
 * they share come first: a browser that finds them in the page need not wait for the scripts that import
 * them.
 */
export function listScripts(names: readonly string[]): readonly string[] {
  const key = names.join()
  const known = scriptLists.get(key)
  if (known) return known
  const files = names.map((name) => scriptFile(`${name}.js`))
  const list = [...new Set([...files.flatMap((file) => listParts(file)), ...files])].map(
    (file) => openScript(file).url,
  )
  scriptLists.set(key, list)
  return list
}

const scriptLists = new Map<string, readonly string[]>()

/** The served name of a script, which has the hash of its content in it. */
function scriptFile(name: string): string {
  const file = Object.keys(SCRIPTS).find((candidate) => candidate.replace(/-\w+(?=\.js$)/, '') === name)
  if (file === undefined)
    throw new Error(`there is no script ${name}: add it to src/web/assets/bundle-scripts.ts`)
  return file
}

/** The shared parts that a script imports, and what they import themselves. */
function listParts(file: string, found = new Set<string>()): string[] {
  for (const [, part = ''] of (SCRIPTS[file] ?? '').matchAll(/"\.\/(part-\w+\.js)"/g)) {
    if (found.has(part)) continue
    found.add(part)
    listParts(part, found)
  }
  return [...found]
}
