import { isGroupName } from '../../domain/hosts/group.ts'
import { isHostName } from '../../domain/hosts/host.ts'
import { parseFingerprint } from '../../lib/tls/fingerprint.ts'
import { checks } from '../checks.ts'
import { bytes, duration, flag, integer, list, path, secret, text } from '../fields/fields.ts'
import { parseServerAddress } from '../server-address.ts'
import { thresholds } from '../thresholds.ts'
import { checkPassphrase } from './value-checks.ts'

export const agent = {
  doc: 'The agent, which watches the machine that it runs on.',
  fields: {
    server: list({
      example: ['monitor.example.org:8888'],
      doc:
        'Collect engines to send to, as "host:port", the first that answers is used. They are reached over ' +
        'TLS (port 8889 unless given), but for this machine itself (localhost) while neither fingerprint nor ' +
        'ca_file is set. "tcp://host:port" goes without TLS, so that everybody on the way can read passphrase ' +
        'and key. `server --agent` and an agent that joined by an enrolment code need none.',
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
      doc:
        'Name of this machine. When not given: its short host name in lower case; when that changes, the host ' +
        'on the server is renamed within ten minutes, unless somebody gave it a name there.',
      check: (name) => (isHostName(name) ? null : 'a name of letters, digits, dots, hyphens and underscores'),
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
    maxMetrics: integer({
      default: 1000,
      min: 50,
      max: 4096,
      doc:
        'Metrics that are sent at most. What is beyond is left out, the machine as a whole last, ' +
        'and counted in perf.agent.metrics.omitted.',
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
    hostRoot: path({
      example: '/host',
      doc:
        'For an agent in a container: where the root of the machine is mounted, with /proc, /sys and its other mounts. ' +
        'What is measured is then the machine instead of the container. Linux only.',
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
        'metric takes the place of the standard one of its severity there.',
    }),
    containers: flag({
      default: false,
      doc:
        'Watch the containers of Docker and Podman, by the sockets /run/docker.sock and ' +
        '/run/podman/podman.sock, with requests that read alone. Who may use that socket is root in ' +
        'effect: the agent then has the rights to be, though it never uses them. `monitor service ' +
        'install agent` gives its service the group docker where this is on.',
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
