import { isGroupName } from '../domain/group.ts'
import { isHostName } from '../domain/host.ts'
import { MAX_PASSPHRASE } from '../domain/passphrase.ts'
import { isTimeZone } from '../domain/time-zone.ts'
import { findChannel } from '../events/channels/index.ts'
import { parseAddressRange } from '../lib/address-range.ts'
import { parseFingerprint } from '../lib/fingerprint.ts'
import { LOG_LEVELS } from '../lib/log.ts'
import { checks } from './checks.ts'
import {
  bytes,
  duration,
  type Fields,
  flag,
  integer,
  list,
  oneOf,
  path,
  port,
  portOrOff,
  secret,
  text,
  type ValuesOf,
} from './fields.ts'
import { parseServerAddress } from './server-address.ts'
import { thresholds } from './thresholds.ts'

const DATABASE_URL = /^(sqlite:[^?#]+|(mysql|mariadb):\/\/[^:@/]+(:[^@/]*)?@[^/?#@\s]+\/[^/?#\s]+)$/

/** This machine, and networks that nobody routes on the internet. */
const PRIVATE_RANGES = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
  ...['::1', 'fc00::/7', 'fe80::/10'],
]

type Section = { readonly doc: string; readonly fields: Fields }

/** Settings that stand at the top of the file, before any section. */
export const TOP = {
  dataDir: path({
    default: 'monitor-data',
    doc: 'Data directory: database, queue of the agent, passphrase. Made when it is missing, for its owner alone.',
  }),
} satisfies Fields

/** Channels declare their settings themselves. */
const describeChannel = (name: string): Section => {
  const channel = findChannel(name)
  if (channel === null) throw new Error(`there is no channel ${name}`)
  return { doc: channel.doc, fields: channel.fields }
}

const CHANNEL_SECTIONS = {
  mail: describeChannel('mail'),
  webhook: describeChannel('webhook'),
  ntfy: describeChannel('ntfy'),
  telegram: describeChannel('telegram'),
} as const

/** Every setting of every role, each declared here or by its channel, and nowhere else. */
export const SECTIONS = {
  database: {
    doc: 'The database of the server.',
    fields: {
      url: text({
        default: 'sqlite:monitor.db',
        doc:
          'sqlite:FILE, counted from data_dir when it is relative; or ' +
          'mysql://USER:PASSWORD@HOST:3306/DATABASE for MariaDB (10.6 or later) and MySQL (8 or later). ' +
          'Several hosts, separated by commas, are nodes of one cluster: the next is taken when one ' +
          'fails. What has a meaning of its own in an address is written as % and two digits, %40 for @.',
        check: (url) =>
          DATABASE_URL.test(url)
            ? null
            : 'an address such as "sqlite:monitor.db" or "mysql://USER:PASSWORD@HOST:3306/DATABASE"',
        mask: maskPassword,
      }),
      password: secret({
        example: 'a long random text',
        doc: 'Password of a database on a server, in place of the one in url.',
      }),
      tls: flag({
        default: false,
        doc: 'Reach the database server over TLS alone. Its certificate is verified, by the CAs of ca_file or the system.',
      }),
      caFile: path({
        example: '/etc/monitor/database-ca.pem',
        doc: 'Certificates of the CAs that may vouch for the database server, in PEM.',
      }),
      tlsCertificate: path({
        example: '/etc/monitor/database-client.crt',
        doc: 'Certificate in PEM that we show to the database server, where it asks for one.',
      }),
      tlsKey: path({
        example: '/etc/monitor/database-client.key',
        doc: 'Key of tls_certificate in PEM, without a passphrase.',
      }),
      timeout: duration({
        default: '30s',
        min: '1s',
        max: '1h',
        doc: 'A database server that has not answered a statement for so long counts as away.',
      }),
    },
  },
  web: {
    doc: 'The website and its API.',
    fields: {
      address: text({ default: '0.0.0.0', doc: 'Address to listen at; 127.0.0.1 for this machine alone.' }),
      port: port({ default: 8080, doc: 'Port to listen at; 0 takes a free one.' }),
      tls: flag({
        default: false,
        doc: 'Serve the website over HTTPS, at tls_port; who comes to `port` is sent there.',
      }),
      tlsPort: port({ default: 8443, doc: 'Port for HTTPS; 0 takes a free one.' }),
      tlsCertificate: path({
        example: '/etc/monitor/web.crt',
        doc:
          'Certificate in PEM, with those that lead to its CA behind it. When not given, the server makes ' +
          'one itself, as for agents. Read again on SIGHUP.',
      }),
      tlsKey: path({
        example: '/etc/monitor/web.key',
        doc: 'Key of tls_certificate in PEM, without a passphrase.',
      }),
      url: text({
        example: 'https://monitor.example.org',
        doc: 'Address of the website as people reach it: notices link to it. None: they hold no links.',
        check: checkUrl,
      }),
      trustedProxies: list({
        example: ['127.0.0.1', '10.0.0.0/28'],
        doc:
          'Reverse proxies before the website, as addresses or ranges of them. From these alone ' +
          'X-Forwarded-For and X-Forwarded-Proto are believed: whom sign-in counts failures for, what the ' +
          'audit log names, and that cookies are for HTTPS only.',
        check: checkRange,
      }),
      sessionExpiry: duration({
        default: '1h',
        min: '1m',
        max: '365d',
        doc: 'A session ends when it was not used for so long.',
      }),
    },
  },
  collect: {
    doc: 'The collect engine, which takes what agents send.',
    fields: {
      address: text({ default: '0.0.0.0', doc: 'Address to listen at.' }),
      port: portOrOff({
        default: 8888,
        doc:
          'Port for agents with TLS and without, told apart by the first byte; those of the original ' +
          'product come here. 0 takes a free one, "off" closes it.',
      }),
      plainFrom: list({
        default: PRIVATE_RANGES,
        doc:
          'Where agents without TLS may come from, as addresses or ranges of them; from everywhere when ' +
          'it is empty. With TLS they may come from everywhere.',
        check: checkRange,
      }),
      trustedProxies: list({
        example: ['10.0.0.2', '10.0.1.0/28'],
        doc:
          'Balancers before the collect engine, as addresses or ranges of them. They tell by the PROXY ' +
          'protocol (version 1 or 2) which address an agent really has, and are believed.',
        check: checkRange,
      }),
      tlsPort: portOrOff({
        default: 8889,
        doc: 'Port for agents over TLS alone; 0 takes a free one, "off" closes it.',
      }),
      tlsCertificate: path({
        example: '/etc/monitor/collect.crt',
        doc:
          'Certificate in PEM, with those that lead to its CA behind it. When not given, the server makes ' +
          'one at its first start and keeps it in the file "tls.pem" in data_dir; agents know it by its ' +
          'fingerprint. Read again on SIGHUP.',
      }),
      tlsKey: path({
        example: '/etc/monitor/collect.key',
        doc: 'Key of tls_certificate in PEM, without a passphrase.',
      }),
      passphrase: secret({
        example: 'a long random text',
        doc:
          'What agents may say to be let in. When not given, one is made at random and kept in the file ' +
          '"passphrase" in data_dir. "off": no passphrase lets anybody in, only the keys of known hosts and ' +
          'the codes of `monitor enroll create` do; agents of the original product are refused then.',
        check: checkPassphrase,
      }),
      newHosts: oneOf(['accept', 'approve'], {
        default: 'accept',
        doc:
          'What becomes of a new host that says the passphrase: "approve" turns it away until an ' +
          'administrator approves it on the website or by `monitor host approve`. Who joins by an enrolment ' +
          'code needs no approval.',
      }),
      passphrasePrevious: secret({
        example: 'a long random text',
        doc: 'Another one that is good too, while agents are moved from it to the new one.',
        check: checkPassphrase,
      }),
    },
  },
  agent: {
    doc: 'The agent, which watches the machine that it runs on.',
    fields: {
      server: list({
        example: ['monitor.example.org:8888'],
        doc:
          'Collect engines to send to, as "host:port", the first that answers is used. "tls://host:port" ' +
          'is reached over TLS (port 8889 unless given), and so is every one when fingerprint or ca_file ' +
          'is set. `server --agent` needs none.',
        check: (item) =>
          parseServerAddress(item) === null ? 'addresses such as "monitor.example.org:8888"' : null,
      }),
      fingerprint: list({
        example: ['5f3a0e0b3c1a7d1cbb0f4c5d1b7a9f60a9cf1d0f8d5b0a7c3e2f1a0b9c8d7e6f'],
        doc:
          "SHA-256 fingerprint of the server's certificate, as the server says it at its start; any of " +
          'several. Nothing but the certificate with this fingerprint is trusted then, whoever signed it ' +
          'and however old it is.',
        check: (item) => (parseFingerprint(item) === null ? 'fingerprints of 64 hexadecimal digits' : null),
      }),
      caFile: path({
        example: '/etc/monitor/ca.pem',
        doc: "Certificates of the CAs that may vouch for the server, in PEM. Without it and without fingerprint: the system's.",
      }),
      name: text({
        example: 'web01',
        doc: 'Name of this machine. When not given: its short host name in lower case.',
        check: (name) =>
          isHostName(name) ? null : 'a name of letters, digits, dots, hyphens and underscores',
      }),
      passphrase: secret({
        example: 'a long random text',
        doc: 'The server\'s passphrase. When not given, the file "passphrase" in data_dir holds it.',
        check: checkPassphrase,
      }),
      groups: list({
        example: ['web', 'berlin'],
        doc: 'Groups that this machine belongs to, in lower case; the website filters by them. People may give it more there.',
        check: (name) =>
          isGroupName(name) ? null : 'names of lower-case letters, digits, dots, hyphens and underscores',
      }),
      interval: duration({ default: '60s', min: '1s', max: '1d', doc: 'Time between two samples.' }),
      queueAge: duration({
        default: '7d',
        min: '1m',
        max: '365d',
        doc: 'Samples that could not be sent are kept for so long.',
      }),
      queueSize: bytes({
        default: '64MiB',
        min: '1MiB',
        max: '64GiB',
        doc: 'Samples that could not be sent take at most so much space; the oldest go first.',
      }),
      processes: list({
        example: ['nginx', 'postgres'],
        doc: 'Processes to watch, by name: perf.process.NAME.state is 1 while one runs, else 0.',
        check: checkWatchedName,
      }),
      services: list({
        example: ['nginx', 'ssh'],
        doc: 'Services to watch, by name: perf.service.NAME.state is 1 while it runs, else 0.',
        check: checkWatchedName,
      }),
      networkFilesystems: flag({
        default: false,
        doc:
          'Report filesystems that other machines or programs serve (NFS, CIFS, FUSE), too. One that does ' +
          'not answer within a second is left out until it does. Linux only.',
      }),
      defaultThresholds: flag({
        default: true,
        doc:
          'Judge processor, memory, pagefile, filesystems (space and inodes), load, the processes and ' +
          'services named above, and checks by the thresholds out of the box. One under `threshold` for a ' +
          'metric takes their place for it.',
      }),
      containers: flag({
        default: false,
        doc:
          'Watch the containers of Docker and Podman, by the sockets /run/docker.sock and ' +
          '/run/podman/podman.sock, with requests that read alone. Who may use that socket is root in ' +
          'effect: the agent then has the rights to be, though it never uses them. `systemctl edit ' +
          'monitor-agent` gives its user the group: [Service] SupplementaryGroups=docker.',
      }),
      textFiles: path({
        example: '/var/lib/monitor-agent/text',
        doc:
          'A folder of files NAME.prom in the text format of Prometheus, as programs write them for ' +
          'node_exporter; their values are perf.text.NAME. Write another file first and rename it, so ' +
          'that none is read half written.',
      }),
      check: checks,
      threshold: thresholds,
    },
  },
  events: {
    doc: 'The event engine, which keeps the database in shape and finds silent hosts.',
    fields: {
      interval: duration({ default: '10s', min: '1s', max: '1h', doc: 'Time between two rounds.' }),
      availabilityCheck: duration({
        default: '5m',
        min: '2s',
        max: '30d',
        doc: 'A host that has sent no data for so long counts as down.',
      }),
      availabilitySeverity: integer({
        default: 1,
        min: 1,
        max: 4,
        doc: 'Severity of the event of a host that is down: 1 critical, 2 major, 3 warning, 4 information.',
      }),
      silenceGroup: flag({
        default: true,
        doc:
          'When three hosts or more, and more than half of those that were up, fall silent within one ' +
          'availability_check, one event says so in place of one each.',
      }),
      clockSkew: duration({
        default: '2m',
        min: '1s',
        doc: "An event opens when an agent's clock differs by more than this from the server's.",
      }),
      heartbeatUrl: secret({
        example: 'https://hc.example.org/ping/1234',
        doc: 'Called every minute while the event engine is well, so that somebody else notices when it is not.',
        check: checkUrl,
      }),
      zone: text({
        example: 'Europe/Berlin',
        doc: "Time zone of the times in notices. When not given: this machine's.",
        check: (zone) => (isTimeZone(zone) ? null : 'a time zone such as "Europe/Berlin"'),
      }),
    },
  },
  ...CHANNEL_SECTIONS,
  retention: {
    doc: 'How long things are kept.',
    fields: {
      samples: duration({
        default: '400d',
        min: '1h',
        doc: 'Samples, every one of them, by their own time.',
      }),
      events: duration({
        default: '400d',
        min: '1h',
        doc: 'Closed events, by the time of their closing, and the audit log.',
      }),
      hosts: duration({
        default: '400d',
        min: '1h',
        doc: 'Hosts that are not heard any more, with all they have.',
      }),
    },
  },
  log: {
    doc: 'The log, on standard error.',
    fields: {
      level: oneOf(LOG_LEVELS, { default: 'info', doc: 'The least level that is written.' }),
      format: oneOf(['text', 'json'], { default: 'text', doc: 'How a line is written.' }),
    },
  },
} satisfies Record<string, Section>

type SectionValues = { readonly [S in keyof typeof SECTIONS]: ValuesOf<(typeof SECTIONS)[S]['fields']> }

/** Every setting with its value. Durations are seconds, sizes are bytes. */
export type Config = ValuesOf<typeof TOP> & SectionValues

function checkPassphrase(text: string): string | null {
  return text.length <= MAX_PASSPHRASE ? null : `at most ${MAX_PASSPHRASE} characters`
}

function checkRange(text: string): string | null {
  return parseAddressRange(text) === null ? 'ranges such as "10.0.0.0/8"' : null
}

function checkUrl(text: string): string | null {
  const isRight = URL.canParse(text) && /^https?:\/\//i.test(text) && !/\s/.test(text)
  return isRight ? null : 'an address such as "https://example.org/path"'
}

/**
 * Names end up inside metric names, between dots, with `_` for what may not stand there: Windows has blanks
 * and `MSSQL$NAME`.
 */
function checkWatchedName(name: string): string | null {
  return /^[\p{L}\p{N}_][\p{L}\p{N}._:@+$ ()-]{0,199}$/u.test(name)
    ? null
    : 'names of letters, digits, blanks and . _ : @ + $ ( ) -'
}

function maskPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:@/]*):[^@]*@/, '$1:********@')
}
