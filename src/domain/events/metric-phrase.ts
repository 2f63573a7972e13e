import { metricSubject, metricTitle, metricUnit } from '../metrics/metric.ts'
import { formatMetric } from '../metrics/plain-value.ts'
import { describeSensor } from '../metrics/sensor-name.ts'
import { be, counted, have, measured, type Phrase, type PhraseContext, placeOf, state } from './phrase.ts'

/** Metrics of which a machine has one. */
const SINGLE: Readonly<Record<string, string>> = {
  'perf.processor.percent.used': 'CPU',
  'perf.processor.host.percent.used': 'CPU of the host machine',
  'perf.processor.percent.user': 'CPU in programs',
  'perf.processor.percent.system': 'CPU in the kernel',
  'perf.processor.percent.iowait': 'I/O wait',
  'perf.processor.percent.steal': 'CPU steal',
  'perf.memory.percent.used': 'Memory',
  'perf.memory.percent.committed': 'Committed memory',
  'perf.memory.host.percent.used': 'Memory of the host machine',
  'perf.memory.bytes.total': 'Memory size',
  'perf.memory.bytes.cached': 'Cached memory',
  'perf.memory.bytes.commit.limit': 'Commit limit',
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
  'perf.network.omitted': 'Network interfaces left out',
  'perf.disk.omitted': 'Disks left out',
  'perf.filesystem.omitted': 'Filesystems left out',
  'perf.containers.running': 'Running containers',
  'perf.containers.left': 'Containers not watched',
  'perf.textfiles.omitted': 'Values left out of text files',
  'perf.agent.queue.length': 'Samples waiting on the agent',
  'perf.agent.queue.dropped': 'Samples dropped by the agent',
  'perf.agent.queue.dropped.age': 'Samples dropped by the agent for their age',
  'perf.agent.queue.refused': 'Samples refused by the server',
  'perf.agent.queue.damaged': 'Samples damaged on the agent',
  'perf.agent.clock.unstored': 'Samples not kept by the agent',
  'perf.agent.processor.seconds': 'CPU time of the agent',
  'perf.agent.probe.failures': 'Failed probes',
  'perf.agent.memory.bytes': 'Memory of the agent',
}

/** Those of them that a noun and a value do not describe. */
const OWN: Readonly<Record<string, (metric: string) => Phrase>> = {
  'perf.containers.state': (metric) => state({ noun: 'Container engine', metric }),
  'perf.textfiles.state': (metric) => state({ noun: 'Folder of text files', metric }),
  'perf.time.synchronized.state': (metric) => state({ noun: 'Clock', metric, subject: 'The clock' }),
  'perf.system.reboot.state': (metric) => state({ noun: 'Reboot', metric, subject: 'A reboot' }),
  'perf.kernel.oom.kills': (metric) =>
    counted(
      'Out-of-memory kills',
      metric,
      (count, isOne) => `${count} ${isOne ? 'process was' : 'processes were'} killed as memory ran out`,
    ),
  'perf.updates.security': (metric) =>
    counted('Pending security updates', metric, (count, isOne, isPast) =>
      isOne
        ? `1 security update ${be(isPast)} pending`
        : `${count} security updates ${isPast ? 'were' : 'are'} pending`,
    ),
  'perf.systemd.units.failed': (metric) =>
    counted('Failed units', metric, (count, isOne, isPast) =>
      isOne
        ? `1 systemd unit ${have(isPast)} failed`
        : `${count} systemd units ${isPast ? 'had' : 'have'} failed`,
    ),
  'perf.systemd.restarts.hour': (metric) =>
    measured('Restarts of services in an hour', metric, (count) =>
      count === '1'
        ? 'systemd restarted a service in the last hour'
        : `systemd restarted services ${count} times in an hour`,
    ),
  'perf.services.stopped': (metric) =>
    counted('Stopped services', metric, (count, isOne, isPast) =>
      isOne
        ? `1 automatic service ${be(isPast)} stopped`
        : `${count} automatic services ${isPast ? 'were' : 'are'} stopped`,
    ),
  'perf.agent.metrics.omitted': (metric) =>
    counted(
      'Metrics left out by the agent',
      metric,
      (count, isOne, isPast) =>
        `The agent ${isPast ? 'left' : 'leaves'} out ${count} ${isOne ? 'metric' : 'metrics'}`,
    ),
  'perf.agent.path.narrow': () => ({
    noun: 'Network path to the server',
    isState: true,
    say: (value, isPast) =>
      value >= 0.5
        ? `The network path to the server ${isPast ? 'dropped' : 'drops'} large packets (MTU)`
        : `The network path to the server ${isPast ? 'let' : 'lets'} large packets pass`,
    sayNow: (value) => (value >= 0.5 ? 'still drops them' : 'now lets them pass'),
  }),
  'perf.agent.probe.stuck': () => ({
    noun: 'Hanging probes',
    isState: true,
    say: (value, isPast) =>
      `${value === 1 ? '1 probe' : `${value} probes`} ${isPast ? 'hung' : value === 1 ? 'hangs' : 'hang'}`,
    sayNow: (value) => (value === 0 ? 'now none' : `now ${value}`),
  }),
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
    return measured(noun, metric, (value, isPast) => `${noun} ${be(isPast)} ${value}`)
  },
  service: ({ metric, subject, figure }) =>
    figure === 'state' ? state({ noun: `Service ${subject}`, metric }) : null,
  process: ({ metric, subject, figure }) =>
    figure === 'state' ? state({ noun: `Process ${subject}`, metric }) : null,
  check: phraseCheck,
  container: phraseContainer,
  textfile: ({ metric, subject, figure }) =>
    figure === 'state'
      ? state({ noun: `Text file ${subject}`, metric })
      : measured(`Age of text file ${subject}`, metric),
  raid: phraseArray,
  pool: ({ metric, subject, figure }, { latest }) =>
    figure === 'state' ? state({ noun: `ZFS pool ${subject}`, metric, latest }) : null,
  btrfs: phraseArray,
  drive: phraseDrive,
  battery: ({ metric, subject, figure }) =>
    figure === 'percent'
      ? measured(
          `Charge of battery ${subject}`,
          metric,
          (value, isPast) => `Battery ${subject} ${be(isPast)} at ${value}`,
        )
      : null,
}

/** How sentences describe a metric; a metric that is not declared is described by its title. */
export function phraseMetric(metric: string, context: PhraseContext = {}): Phrase {
  const single = SINGLE[metric]
  if (single !== undefined) return measured(single, metric)
  const own = OWN[metric]
  if (own !== undefined) return own(metric)
  if (metric.startsWith('perf.pagefile.')) {
    const noun = context.platform === 'Windows' ? 'Page file' : 'Swap'
    return measured(metric.endsWith('percent.used') ? noun : `${noun} ${metric.split('.').pop()}`, metric)
  }
  const [, resource = '', tasks] = /^perf\.pressure\.(\w+)\.(some|full)\.percent$/.exec(metric) ?? []
  if (tasks !== undefined) {
    const noun = `${RESOURCES[resource] ?? resource} pressure`
    return measured(tasks === 'full' ? `${noun} (all tasks)` : noun, metric)
  }
  const parts = metricSubject(metric)
  const special = parts === null ? null : KINDS[parts.kind]?.({ metric, ...parts }, context)
  if (special) return special
  if (metric.startsWith('perf.text.')) return measured(metric.slice('perf.text.'.length), metric)
  const title = metricTitle(metric)
  if (metricUnit(metric) !== 'state') return measured(title, metric)
  return state({ noun: title.replace(/ state$/, ''), metric })
}

function phraseFilesystem({ metric, subject, figure }: Words, context: PhraseContext): Phrase | null {
  const place = placeOf(subject, context)
  switch (figure) {
    case 'percent.used':
      return measured(`${place} usage`, metric, (value, isPast) => `${place} ${be(isPast)} ${value} full`)
    case 'inodes.percent.used':
      return measured(
        `Inodes of ${place}`,
        metric,
        (value, isPast) => `${place} ${have(isPast)} ${value} of its inodes in use`,
      )
    case 'bytes.free':
      return measured(
        `Free space on ${place}`,
        metric,
        (value, isPast) => `${place} ${have(isPast)} ${value} free`,
      )
    case 'writable':
      return state({ noun: place, metric })
    case 'percent.active':
      return measured(`Disk of ${place} busy`, metric)
    default:
      return null
  }
}

/** RAID and btrfs, which both lack disks. */
function phraseArray({ metric, subject, figure }: Words, { latest }: PhraseContext): Phrase | null {
  const noun = metric.startsWith('perf.raid.') ? `RAID ${subject}` : `btrfs ${subject}`
  if (figure === 'state') return state({ noun, metric, latest })
  if (figure === 'disks.missing')
    return counted(
      `Missing disks of ${noun}`,
      metric,
      (count, isOne, isPast) => `${noun} ${be(isPast)} missing ${count} ${isOne ? 'disk' : 'disks'}`,
    )
  if (figure !== 'errors') return null
  return counted(
    `Disk errors of ${noun}`,
    metric,
    (count, isOne, isPast) => `${noun} ${have(isPast)} ${count} ${isOne ? 'disk error' : 'disk errors'}`,
  )
}

function phraseDrive({ metric, subject, figure }: Words): Phrase | null {
  const noun = `Drive ${subject}`
  if (figure === 'state') return state({ noun, metric })
  if (figure === 'sectors.bad')
    return counted(
      `Bad sectors of drive ${subject}`,
      metric,
      (count, isOne, isPast) => `${noun} ${have(isPast)} ${count} ${isOne ? 'bad sector' : 'bad sectors'}`,
    )
  if (figure === 'wear.percent')
    return measured(
      `Wear of drive ${subject}`,
      metric,
      (value, isPast) => `${noun} ${be(isPast)} ${value} worn`,
    )
  return figure === 'age.seconds' ? measured(`Power-on time of drive ${subject}`, metric) : null
}

function phraseCheck({ metric, subject, figure }: Words): Phrase {
  const noun = `Check ${subject}`
  if (figure === 'state') {
    const phrase = state({ noun, metric })
    return {
      ...phrase,
      say: (value, isPast) => (isPast && value < 0.5 ? `${noun} failed` : phrase.say(value, isPast)),
    }
  }
  if (figure === 'certificate.days')
    return {
      ...measured(`Days left of the certificate of check ${subject}`, metric),
      say: (value, isPast) => describeCertificate(subject, value, isPast),
    }
  if (figure === 'milliseconds')
    return measured(`Response time of check ${subject}`, metric, (value) => `${noun} took ${value}`)
  if (figure === 'exit') return measured(`Exit code of check ${subject}`, metric)
  if (figure === 'omitted') return measured(`Values left out of check ${subject}`, metric)
  return measured(`${noun}: ${figure.replace(/^value\./, '')}`, metric)
}

function describeCertificate(check: string, days: number, isPast: boolean): string {
  const whole = Math.floor(Math.abs(days))
  const count = `${whole} ${whole === 1 ? 'day' : 'days'}`
  const noun = `Certificate of check ${check}`
  if (days < 0) return isPast ? `${noun} had expired ${count} before` : `${noun} expired ${count} ago`
  return isPast ? `${noun} had ${count} left` : `${noun} expires in ${count}`
}

function phraseContainer({ metric, subject, figure }: Words, { latest }: PhraseContext): Phrase {
  const noun = `Container ${subject}`
  // While it does not run, its reason says how it ended.
  if (figure === 'state') return state({ noun, metric, latestAfter: latest })
  if (figure === 'healthy') return state({ noun, metric })
  if (figure === 'restarts.hour')
    return {
      ...measured(`Restarts of container ${subject} in an hour`, metric),
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
