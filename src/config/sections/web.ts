import { duration, flag, integer, list, path, port, text } from '../fields/fields.ts'
import { checkBasePath, checkRange, checkUrl } from './value-checks.ts'

export const web = {
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
      doc:
        'Address of the website as people reach it, with or without base_path: notifications link to it. None: they ' +
        'hold no links.',
      check: checkUrl,
    }),
    basePath: text({
      example: '/monitor',
      doc:
        'Path below which a reverse proxy shows the website. The proxy may pass it on or take it away. None: the ' +
        'website has a name of its own.',
      check: checkBasePath,
    }),
    trustedProxies: list({
      example: ['127.0.0.1', '10.0.0.0/28'],
      doc:
        'Reverse proxies before the website, as addresses or ranges of them. From these alone ' +
        'X-Forwarded-For and X-Forwarded-Proto are believed: whom sign-in counts failures for, what the ' +
        'audit log names, and that cookies are for HTTPS only.',
      check: checkRange,
    }),
    apiRate: integer({
      default: 6000,
      min: 0,
      max: 1_000_000,
      doc:
        'Requests a minute to the API that one user may make by tokens; what comes beyond is answered with ' +
        '429 and the time to wait. 0 bounds nothing.',
    }),
    requireTwoFactor: flag({
      default: false,
      doc:
        'Everybody signs in with a second step: who has none yet is led to setting it up and sees nothing else ' +
        'until then. Tokens of the API go on.',
    }),
    secretFile: path({
      example: '/etc/monitor/web-secret',
      doc:
        'Secret under which the database keeps those of second factors: at least 32 random characters. When not ' +
        'given, the server makes one in the data folder at its first start. Servers over one database need the same.',
    }),
    sessionExpiry: duration({
      default: '1h',
      min: '1m',
      max: '365d',
      doc: 'A session ends when it was not used for so long.',
    }),
  },
}
