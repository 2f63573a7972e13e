import { readFileSync } from 'node:fs'
import uplotJs from 'uplot/dist/uPlot.iife.min.js' with { type: 'file' }
import uplotCss from 'uplot/dist/uPlot.min.css' with { type: 'file' }
import eventsCss from '../../../assets/app/events.css' with { type: 'file' }
import forcedCss from '../../../assets/app/forced.css' with { type: 'file' }
import frameCss from '../../../assets/app/frame.css' with { type: 'file' }
import graphCss from '../../../assets/app/graph.css' with { type: 'file' }
import graphMarksCss from '../../../assets/app/graph-marks.css' with { type: 'file' }
import homeCss from '../../../assets/app/home.css' with { type: 'file' }
import hostCss from '../../../assets/app/host.css' with { type: 'file' }
import narrowCss from '../../../assets/app/narrow.css' with { type: 'file' }
import partsCss from '../../../assets/app/parts.css' with { type: 'file' }
import tablesCss from '../../../assets/app/tables.css' with { type: 'file' }
import tokensCss from '../../../assets/app/tokens.css' with { type: 'file' }
import wallCss from '../../../assets/app/wall.css' with { type: 'file' }
import appJs from '../../../assets/app.js' with { type: 'file' }
import chartsJs from '../../../assets/charts.js' with { type: 'file' }
import faviconSvg from '../../../assets/favicon.svg' with { type: 'file' }
import formsJs from '../../../assets/forms.js' with { type: 'file' }
import graphJs from '../../../assets/graph.js' with { type: 'file' }
import graphMarksJs from '../../../assets/graph-marks.js' with { type: 'file' }
import kioskJs from '../../../assets/kiosk.js' with { type: 'file' }
import pictureJs from '../../../assets/picture.js' with { type: 'file' }
import printCss from '../../../assets/print.css' with { type: 'file' }
import eventPagesCss from '../../../assets/settings/event-pages.css' with { type: 'file' }
import formsCss from '../../../assets/settings/forms.css' with { type: 'file' }
import listsCss from '../../../assets/settings/lists.css' with { type: 'file' }
import themeJs from '../../../assets/theme.js' with { type: 'file' }
import unitsJs from '../../../assets/units.js' with { type: 'file' }
import { compress, type Encoding } from './compress.ts'

/** Later rules overrule earlier ones: the order counts. */
const APP_SHEETS = [
  tokensCss,
  frameCss,
  partsCss,
  tablesCss,
  homeCss,
  hostCss,
  graphCss,
  graphMarksCss,
  eventsCss,
  wallCss,
  narrowCss,
  forcedCss,
]

/** Everything a browser fetches besides pages: name in the code, and the file that is part of the executable; several become one. */
const FILES: Readonly<Record<string, string | readonly string[]>> = {
  'app.css': APP_SHEETS,
  'settings.css': [formsCss, listsCss, eventPagesCss, printCss],
  'app.js': appJs,
  'forms.js': formsJs,
  'charts.js': chartsJs,
  'picture.js': pictureJs,
  'kiosk.js': kioskJs,
  'units.js': unitsJs,
  'theme.js': themeJs,
  'graph.js': [graphMarksJs, graphJs],
  'favicon.svg': faviconSvg,
  'uplot.css': uplotCss,
  'uplot.js': uplotJs,
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

const byName = new Map<string, Asset>()

/** The address of an asset by its name; a name that is not in the list is a mistake of ours and throws. */
export const assetUrl = (name: string): string => openAsset(name).url

/** Every asset; reads those that were not used yet. */
export const listAssets = (): Asset[] => Object.keys(FILES).map(openAsset)

/** The files are part of the executable and never change, so each one is read once. */
function openAsset(name: string): Asset {
  const known = byName.get(name)
  if (known) return known
  const file = FILES[name]
  if (file === undefined) throw new Error(`there is no asset ${name}: add it to src/web/http/assets.ts`)
  const bytes = Uint8Array.from(Buffer.concat([file].flat().map((one) => readFileSync(one))))
  const hash = new Bun.CryptoHasher('sha256').update(bytes).digest('hex').slice(0, 12)
  const dot = name.lastIndexOf('.')
  const packed = new Map<Encoding, Uint8Array<ArrayBuffer>>()
  const asset: Asset = {
    url: `/assets/${name.slice(0, dot)}-${hash}${name.slice(dot)}`,
    type: TYPES[name.slice(dot + 1)] ?? 'application/octet-stream',
    bytes,
    packed(encoding) {
      const ready = packed.get(encoding) ?? compress(bytes, encoding, 'best')
      packed.set(encoding, ready)
      return ready
    },
  }
  byName.set(name, asset)
  return asset
}
