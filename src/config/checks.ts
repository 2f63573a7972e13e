import {
  CHECK_KINDS,
  DNS_RECORDS,
  findCheckProblem,
  IP_VERSIONS,
  isCheckName,
  MAX_CHECKS,
  parseEndpoint,
  parseStatusRanges,
} from '../domain/check.ts'
import { duration, flag, list, oneOf, text } from './fields/fields.ts'
import { tables } from './fields/tables.ts'
import { HIDDEN } from './hide-secrets.ts'

const fields = {
  name: text({
    default: '',
    doc: 'Part of the names of its metrics: perf.check.NAME.state is 1 while the check is good, else 0.',
    check: (name) =>
      isCheckName(name) ? null : 'a name of at most 64 letters, digits, hyphens and underscores',
  }),
  kind: oneOf(CHECK_KINDS, {
    default: 'http',
    doc:
      'http: a URL answers as expected; tcp: a port takes connections; tls: a port shows a ' +
      'certificate that is trusted; ping: a host answers; dns: a name can be resolved; script: a ' +
      'program of this machine (a plugin for Nagios) ends with 0.',
  }),
  target: text({
    example: 'https://shop.example.org/health',
    doc:
      'What is checked: a URL for http, "host:port" for tcp and tls (443 when tls names no port), a ' +
      'host for ping, a name for dns. Scripts have none.',
  }),
  interval: duration({ default: '60s', min: '1s', max: '1d', doc: 'Time between two runs.' }),
  timeout: duration({
    default: '10s',
    min: '1s',
    max: '5m',
    doc: 'A run that takes longer has failed. The next run waits for the end of the one before.',
  }),
  expectStatus: text({
    default: '200-299',
    doc: 'For http: the status codes that are good, as "200-299" or "200, 401".',
    check: (codes) =>
      parseStatusRanges(codes) === null ? 'status codes and ranges of them, such as "200-299, 401"' : null,
  }),
  expectText: text({
    example: 'ok',
    doc:
      'For http: what the first 256 KiB of the page contain; for tcp: what the server says first; for ' +
      'dns: what one of the answers contains.',
  }),
  followRedirects: flag({
    default: true,
    doc: 'For http: go where the server says, five times at most; otherwise the redirect itself is the answer.',
  }),
  ipVersion: oneOf(IP_VERSIONS, {
    default: 'any',
    doc: 'For http, tcp, tls and ping: 4 and 6 use that version of IP alone.',
  }),
  caFile: text({
    example: '/etc/monitor/ca.pem',
    doc: "For http and tls: the absolute path of certificates in PEM of the CAs that may vouch for the target, in place of the system's.",
    check: (file) => (isAbsolute(file) ? null : 'an absolute path'),
  }),
  record: oneOf(DNS_RECORDS, { default: 'A', doc: 'For dns: the type of record to ask for.' }),
  server: text({
    example: '10.0.0.53',
    doc: "For dns: the IP address of the name server to ask, with a port or without; the system's when not given.",
    check: (server) =>
      parseEndpoint(server, 53) === null && !/^[0-9a-fA-F:.]+$/.test(server)
        ? 'an IP address such as "10.0.0.53" or "[2001:db8::53]:53"'
        : null,
  }),
  command: list({
    example: ['/usr/lib/nagios/plugins/check_mailq', '-w', '5'],
    doc:
      'For script: the absolute path of a program, and its arguments. No shell reads them. Neither ' +
      'the program nor its folders nor this file may be writable by others.',
    mask: hideArgument,
  }),
}

/** `[[agent.check]]`: what the agent looks at beside its machine. */
export const checks = tables({
  doc:
    'Checks of services and programs, each under a heading [[agent.check]] of its own, behind the ' +
    'other settings of [agent], or all in one list as here.',
  fields,
  needed: ['name', 'kind'],
  unique: 'name',
  most: MAX_CHECKS,
  example: [
    {
      name: 'shop',
      kind: 'http',
      target: 'https://shop.example.org/health',
      interval: 60,
      timeout: 10,
      expectStatus: '200-299',
      expectText: 'ok',
      followRedirects: true,
      ipVersion: 'any',
      caFile: null,
      record: 'A',
      server: null,
      command: [],
    },
  ],
  check: (row) => findCheckProblem(row),
})

/** Plugins are given passwords as arguments: what is no path and no name of an option is not shown. */
function hideArgument(word: string): string {
  return /^\/|^-[A-Za-z]$|^--[A-Za-z][\w-]*$/.test(word) ? word : HIDDEN
}

const isAbsolute = (file: string) => file.startsWith('/') || /^[A-Za-z]:[\\/]/.test(file)
