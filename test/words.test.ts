import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..')

/**
 * Names of an earlier vocabulary and what is used instead. They may stand where databases of earlier schemas
 * are migrated, and nowhere else in `src` and `test`.
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
  /^src\/storage\/database\/migrations/,
  /^src\/storage\/database\/notification-tables\.ts$/,
  /^src\/storage\/database\/write-locks\.ts$/,
  /^test\/(fixtures\/|words\.test\.ts$)/,
]

/** Paths of our own code. Read once: each name is looked for in all of it. */
const CODE = ['src', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => /\.tsx?$/.test(path) && !MAY_KEEP.some((kept) => kept.test(path)))
    .map((path) => ({ path, code: codeOf(readFileSync(join(ROOT, path), 'utf8')) })),
)

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
    const found = CODE.flatMap(({ path, code }) => {
      const hit = word.exec(code)
      return hit === null ? [] : [`${path}: ${hit[0]}`]
    })
    expect(found).toEqual([])
  })
