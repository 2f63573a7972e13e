import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const SRC = join(import.meta.dir, '..', 'src')

/**
 * Names of an earlier vocabulary and what is used instead. They may stand where databases of earlier schemas
 * are migrated and nowhere else in `src`.
 */
const REPLACED: Readonly<Record<string, string>> = {
  'notices?|Notices?|[a-z]+Notices?|Notice[A-Z]\\w*': 'notification',
  'told|Told\\w*|\\w+Told|last_told': 'notified, reported',
  'heard|(last|first|was|list|note)Heard|(last|first)_heard': 'seen',
  'fold(Frames|Block|Before|Host|Group|Late\\w*)|fold_(before|host)|folded|folding': 'compact',
  'segments?|\\w+Segments?|\\w+_segment': 'chunk',
  'judges?|judged|Judges?|judge[A-Z]\\w*': 'evaluate',
  'foreignKeys?|ForeignKeys?|endForeignKeys|isForeign': 'key mismatch',
  'KnownHosts?|HostStates|SteadyBlocks': 'host cache, last-seen buffer, consistent read',
  'surroundings|Surroundings|farewell|isAmidst|intake|Intake|refusals?|Refusals?':
    'connection context, final reply, …',
  'converse|takenTimes|LayoutBook|ownFigures|clockWatch': 'protocol session, sampled ranges, …',
  'parcels?|Parcel|shipments?|Shipment|STORM|hasten|lookAgain|look_again|quietUntil':
    'delivery, runSoon, recheckAt, mutedUntil',
  'stayLean|hangUp|onHangUp|keptFile|readKeptFile|AboutSite|Visitor|STRANGER|SideWrites':
    'memory tuning, sighup, …',
  'mistakes?|Mistakes?|\\w+Mistakes?': 'config problem, field error',
  'thinSeries|ThinnedSeries|thinned|uniteSeries|united?': 'downsample, merge',
  'WindowBook|WindowStore|WindowTime|inWindows|in_windows_seconds': 'maintenance window',
  'forgetKey|forget_key|dropStrayNotices': 'release',
}

const MAY_KEEP = [
  /^storage\/database\/migrations/,
  /^storage\/database\/notification-tables\.ts$/,
  /^storage\/database\/write-locks\.ts$/,
]

/** The code alone: comments, strings and the text of templates, which hold ordinary English, are left out. */
function codeOf(text: string): string {
  const without = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
  const openBraces: number[] = []
  let code = ''
  let inTemplate = false
  let depth = 0
  for (let i = 0; i < without.length; i++) {
    const character = without[i] ?? ''
    if (inTemplate) {
      if (character === '\\') i++
      else if (character === '`') inTemplate = false
      else if (character === '$' && without[i + 1] === '{') {
        openBraces.push(depth)
        inTemplate = false
        i++
      }
    } else if (character === '`') inTemplate = true
    else if (character === '}' && openBraces.at(-1) === depth) {
      openBraces.pop()
      inTemplate = true
    } else if (character === "'" || character === '"') {
      while (++i < without.length && without[i] !== character && without[i] !== '\n')
        if (without[i] === '\\') i++
    } else {
      if (character === '{') depth++
      if (character === '}') depth--
      code += character
    }
  }
  return code
}

for (const [pattern, instead] of Object.entries(REPLACED))
  test(`no identifier is called ${pattern.split('|')[0]} (${instead})`, () => {
    const word = new RegExp(`\\b(?:${pattern})\\b`)
    const found = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !MAY_KEEP.some((kept) => kept.test(path)))
      .flatMap((path) => {
        const hit = word.exec(codeOf(readFileSync(join(SRC, path), 'utf8')))
        return hit === null ? [] : [`src/${path}: ${hit[0]}`]
      })
    expect(found).toEqual([])
  })
