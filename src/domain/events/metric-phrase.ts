import { filesystemTitle } from '../hosts/filesystems.ts'
import { formatFigure } from '../metrics/figure.ts'
import { metricSubject, metricTitle, metricUnit, stateWords, wordOfValue } from '../metrics/metric.ts'
import { describeSensor } from '../metrics/sensor-name.ts'

/** Facts that a sentence about a metric may use besides its name. */
export type PhraseContext = {
  /** Mount points, by the name that filesystems have in their metrics. */
  readonly mounts?: Readonly<Record<string, string>>
  /** `Windows` has a page file where others have swap. */
  readonly platform?: string
}

/** How a sentence speaks of a metric. */
export type Phrase = {
  /** The name of the measured quantity: `CPU`, `/var usage`. */
  readonly noun: string
  /** The measured thing with its value, in the present or the past: `/var is 96.1 % full`. */
  say(value: number, isPast: boolean): string
  /**
   * The value alone describes the problem, as for a service that is stopped: a comparison would repeat it.
   */
  readonly isState?: true
}

/** A value in plain characters, as mail subjects and terminals take it: `96.1 %`, `1204`, `read-only`. */
export const formatMetric = (value: number, metric: string): string =>
  wordOfValue(metric, value) ?? plainFigure(value, metric)

function plainFigure(value: number, metric: string): string {
  const { number, unit } = formatFigure(value, metricUnit(metric))
  const digits = number.replaceAll('\u202f', '').replaceAll('−', '-')
  return unit === '' ? digits : `${digits} ${unit}`
}

/** The same without zeros behind the point, as people write thresholds: `95 %`; only a state is a word. */
export function formatMetricThreshold(value: number, metric: string): string {
  if (metricUnit(metric) === 'state') return formatMetric(value, metric)
  return plainFigure(value, metric)
    .replace(/(\.\d*?)0+(?=\s|$)/, '$1')
    .replace(/\.(?=\s|$)/, '')
}

const be = (isPast: boolean) => (isPast ? 'was' : 'is')
const have = (isPast: boolean) => (isPast ? 'had' : 'has')

/** A noun with the value behind it. */
function measured(noun: string, metric: string): Phrase {
  const were = isPlural(noun) ? 'were' : 'was'
  return {
    noun,
    say: (value, isPast) => `${noun} ${isPast ? `${were} ` : ''}${formatMetric(value, metric)}`,
  }
}

/** Tells it by what stands before the words that say of what, as in `Disk errors of btrfs data`. */
function isPlural(noun: string): boolean {
  const [head = ''] = noun.split(/ (?:of|on|by|in|waiting|dropped|refused|receiving|sending|\()/)
  return /[^sui]s$/.test(head)
}

/** A thing that is good or not: `good` describes 1, `bad` describes 0. */
function state(noun: string, bad: string, good: string): Phrase {
  return { noun, isState: true, say: (value, isPast) => `${noun} ${be(isPast)} ${value >= 0.5 ? good : bad}` }
}

/** Metrics of which a machine has one. */
const SINGLE: Readonly<Record<string, string>> = {
  'perf.processor.percent.used': 'CPU',
  'perf.processor.host.percent.used': 'CPU of the machine below',
  'perf.processor.percent.user': 'CPU in programs',
  'perf.processor.percent.system': 'CPU in the kernel',
  'perf.processor.percent.iowait': 'I/O wait',
  'perf.processor.percent.steal': 'CPU steal',
  'perf.memory.percent.used': 'Memory',
  'perf.memory.percent.committed': 'Committed memory',
  'perf.memory.bytes.used': 'Memory used',
  'perf.memory.bytes.available': 'Available memory',
  'perf.memory.bytes.committed': 'Committed memory',
  'perf.system.load.1': 'Load (1 min)',
  'perf.system.load.5': 'Load (5 min)',
  'perf.system.load.15': 'Load (15 min)',
  'perf.system.uptime.seconds': 'Uptime',
  'perf.system.processes': 'Number of processes',
  'perf.network.bytes.received': 'Network receiving',
  'perf.network.bytes.sent': 'Network sending',
  'perf.containers.running': 'Running containers',
  'perf.agent.queue.length': 'Samples waiting on the agent',
  'perf.agent.queue.dropped': 'Samples dropped by the agent',
  'perf.agent.queue.refused': 'Samples refused by the server',
  'perf.agent.probe.failures': 'Failed probes',
  'perf.agent.memory.bytes': 'Memory of the agent',
}

const RESOURCES: Readonly<Record<string, string>> = { cpu: 'CPU', memory: 'Memory', io: 'I/O' }

type Words = { readonly metric: string; readonly subject: string; readonly figure: string }

/** Kinds that have many things, each with what its figures are called. */
const KINDS: Readonly<Record<string, (words: Words, context: PhraseContext) => Phrase | null>> = {
  filesystem: phraseFilesystem,
  disk({ metric, subject, figure }) {
    const nouns: Readonly<Record<string, string>> = {
      'percent.active': `Disk ${subject} busy`,
      'bytes.read': `Disk ${subject} reading`,
      'bytes.written': `Disk ${subject} writing`,
    }
    return nouns[figure] === undefined ? null : measured(nouns[figure], metric)
  },
  network({ metric, subject, figure }) {
    const [what = '', way = ''] = figure.split('.')
    const word = way === 'sent' ? 'sending' : 'receiving'
    return measured(what === 'bytes' ? `${subject} ${word}` : `${subject} ${what} ${word}`, metric)
  },
  temperature({ metric, subject }) {
    const noun = `Temperature of ${describeSensor(subject)}`
    // The verb stands between the number of a sensor and its value.
    return { noun, say: (value, isPast) => `${noun} ${be(isPast)} ${formatMetric(value, metric)}` }
  },
  service: ({ subject }) => state(`Service ${subject}`, 'stopped', 'running'),
  process: ({ subject }) => state(`Process ${subject}`, 'not running', 'running'),
  check: phraseCheck,
  container: phraseContainer,
  textfile: ({ metric, subject, figure }) =>
    figure === 'state'
      ? state(`Text file ${subject}`, 'not valid', 'valid')
      : measured(`Age of text file ${subject}`, metric),
}

/** How sentences describe a metric; a metric that is not declared is described by its title. */
export function phraseMetric(metric: string, context: PhraseContext = {}): Phrase {
  const single = SINGLE[metric]
  if (single !== undefined) return measured(single, metric)
  if (metric.startsWith('perf.pagefile.')) {
    const noun = context.platform === 'Windows' ? 'Page file' : 'Swap'
    return measured(metric.endsWith('percent.used') ? noun : `${noun} ${metric.split('.').pop()}`, metric)
  }
  const [, resource = '', tasks] = /^perf\.pressure\.(\w+)\.(some|full)\.percent$/.exec(metric) ?? []
  if (tasks !== undefined) {
    const noun = `${RESOURCES[resource] ?? resource} pressure`
    return measured(tasks === 'full' ? `${noun} (all tasks)` : noun, metric)
  }
  if (metric === 'perf.containers.state') return state('Container engine', 'not answering', 'answering')
  if (metric === 'perf.textfiles.state') return state('Folder of text files', 'not readable', 'readable')
  if (metric === 'perf.agent.path.narrow')
    return {
      noun: 'Network path to the server',
      isState: true,
      say: (value, isPast) =>
        value >= 0.5
          ? `The network path to the server ${isPast ? 'dropped' : 'drops'} large packets (MTU)`
          : `The network path to the server ${isPast ? 'let' : 'lets'} large packets pass`,
    }
  if (metric === 'perf.agent.probe.stuck')
    return {
      noun: 'Hanging probes',
      isState: true,
      say: (value, isPast) =>
        `${value === 1 ? '1 probe' : `${value} probes`} ${isPast ? 'hung' : value === 1 ? 'hangs' : 'hang'}`,
    }
  const parts = metricSubject(metric)
  const special = parts === null ? null : KINDS[parts.kind]?.({ metric, ...parts }, context)
  if (special) return special
  if (metric.startsWith('perf.text.')) return measured(metric.slice('perf.text.'.length), metric)
  const title = metricTitle(metric)
  if (metricUnit(metric) !== 'state') return measured(title, metric)
  const { good, bad } = stateWords(metric)
  return state(title.replace(/ state$/, ''), bad.toLowerCase(), good.toLowerCase())
}

function phraseFilesystem({ metric, subject, figure }: Words, { mounts }: PhraseContext): Phrase | null {
  const place = mounts?.[subject] ?? filesystemTitle(subject)
  switch (figure) {
    case 'percent.used':
      return {
        noun: `${place} usage`,
        say: (value, isPast) => `${place} ${be(isPast)} ${formatMetric(value, metric)} full`,
      }
    case 'inodes.percent.used':
      return {
        noun: `Inodes of ${place}`,
        say: (value, isPast) =>
          `${place} ${have(isPast)} ${formatMetric(value, metric)} of its inodes in use`,
      }
    case 'bytes.free':
      return {
        noun: `Free space on ${place}`,
        say: (value, isPast) => `${place} ${have(isPast)} ${formatMetric(value, metric)} free`,
      }
    case 'writable':
      return state(place, 'read-only', 'writable')
    case 'percent.active':
      return measured(`Disk of ${place} busy`, metric)
    default:
      return null
  }
}

function phraseCheck({ metric, subject, figure }: Words): Phrase {
  if (figure === 'state')
    return {
      noun: `Check ${subject}`,
      isState: true,
      say: (value, isPast) =>
        value >= 0.5
          ? `Check ${subject} ${be(isPast)} good`
          : `Check ${subject} ${isPast ? 'failed' : 'is failing'}`,
    }
  if (figure === 'certificate.days')
    return {
      noun: `Days left of the certificate of check ${subject}`,
      say: (value, isPast) => describeCertificate(subject, value, isPast),
    }
  if (figure === 'milliseconds')
    return {
      noun: `Response time of check ${subject}`,
      say: (value) => `Check ${subject} took ${formatMetric(value, metric)}`,
    }
  if (figure === 'exit') return measured(`Exit code of check ${subject}`, metric)
  return measured(`Check ${subject}: ${figure.replace(/^value\./, '')}`, metric)
}

function describeCertificate(check: string, days: number, isPast: boolean): string {
  const whole = Math.floor(Math.abs(days))
  const count = `${whole} ${whole === 1 ? 'day' : 'days'}`
  const noun = `Certificate of check ${check}`
  if (days < 0) return isPast ? `${noun} had expired ${count} before` : `${noun} expired ${count} ago`
  return isPast ? `${noun} had ${count} left` : `${noun} expires in ${count}`
}

function phraseContainer({ metric, subject, figure }: Words): Phrase {
  const noun = `Container ${subject}`
  if (figure === 'state') return state(noun, 'not running', 'running')
  if (figure === 'healthy') return state(noun, 'unhealthy', 'healthy')
  if (figure === 'restarts.hour')
    return {
      noun: `Restarts of container ${subject} in an hour`,
      say: (value) =>
        `${noun} restarted ${value === 1 ? 'once' : `${formatMetric(value, metric)} times`} in an hour`,
    }
  const words: Readonly<Record<string, string>> = {
    'processor.percent': 'CPU',
    'memory.bytes': 'memory',
    'memory.percent': 'memory',
    'network.bytes.received': 'receiving',
    'network.bytes.sent': 'sending',
  }
  return measured(`${noun} ${words[figure] ?? figure.replaceAll('.', ' ')}`, metric)
}
