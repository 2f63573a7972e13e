import { bytes, flag, integer, list, oneOf, path, portOrOff, secret, text } from '../fields/fields.ts'
import { checkPassphrase, checkRange } from './value-checks.ts'

/** This machine, and private networks. */
const PRIVATE_RANGES = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
  ...['::1', 'fc00::/7', 'fe80::/10'],
]

export const collect = {
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
    csvAgents: flag({
      default: false,
      doc:
        'Take agents of the original product of before May 2019 (0.01b, 0.02b), which speak CSV on the same ' +
        'port. They say no passphrase, so that whoever reaches the port may send in the name of any host ' +
        'that has no key; therefore they are taken from the ranges of plain_from alone, also over TLS, and ' +
        'from nowhere when it is empty.',
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
    maxNewHosts: integer({
      default: 1000,
      min: 1,
      max: 1_000_000,
      doc: 'New hosts that are made within a minute; the others come again and lose nothing.',
    }),
    maxHosts: integer({
      default: 50_000,
      min: 1,
      max: 10_000_000,
      doc:
        'Hosts in all; further new ones are turned away, but for those that join by an enrolment code or ' +
        'were approved.',
    }),
    maxMetrics: integer({
      default: 2000,
      min: 10,
      max: 1_000_000,
      doc: 'Metrics of a host; values of further ones are refused for good.',
    }),
    maxOpenEvents: integer({
      default: 500,
      min: 1,
      max: 1_000_000,
      doc: 'Open events of a host; further ones are refused until some of them are over.',
    }),
    maxFacts: bytes({
      default: '256KiB',
      min: '4KiB',
      doc:
        'What a host may say of itself: thresholds, mount points and groups are left out, in this order, where ' +
        'it is longer.',
    }),
    minFree: bytes({
      default: '256MiB',
      doc:
        'While the disk of an SQLite database has less free space than this, agents keep what they have. ' +
        '0B switches it off.',
    }),
    passphrasePrevious: secret({
      example: 'a long random text',
      doc: 'Another one that is good too, while agents are moved from it to the new one.',
      check: checkPassphrase,
    }),
  },
}
