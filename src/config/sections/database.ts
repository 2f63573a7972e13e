import { isIP } from '../../lib/node-modules.ts'
import { duration, flag, path, secret, text } from '../fields/fields.ts'

const DATABASE_URL = /^(sqlite:[^?#]+|(mysql|mariadb):\/\/[^:@/]+(:[^@/]*)?@[^/?#@\s]+\/[^/?#\s]+)$/

export const database = {
  doc: 'The database of the server.',
  fields: {
    url: text({
      default: 'sqlite:monitor.db',
      doc:
        'sqlite:FILE, counted from data_dir when it is relative; or ' +
        'mysql://USER:PASSWORD@HOST:3306/DATABASE for MariaDB (10.6 or later) and MySQL (8.0.17 or later). ' +
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
    tlsName: text({
      example: 'db.example.org',
      doc:
        'Name that the certificate of the database server is made out to, where that is not the host in url. ' +
        'The certificates that MySQL makes itself name no host: take its ca.pem as ca_file and the common name ' +
        'of server-cert.pem (MySQL_Server_…_Auto_Generated_Server_Certificate) here.',
      check: (name) => (isIP(name) === 0 ? null : 'a name, not an address'),
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
}

/** Hides the password; of a malformed address, all of it, because any part may be the password. */
function maskPassword(url: string): string {
  if (url.startsWith('sqlite:')) return url
  const [, scheme = '', who, place = ''] = /^([a-z]+:(?:\/\/)?)(.*)@([^@]*)$/s.exec(url) ?? []
  if (who === undefined) return url.replace(/^([a-z]+:(?:\/\/)?)?.*$/s, '$1********')
  const user = who.replace(/:.*$/s, ':********')
  return `${scheme}${user}@${place.replace(/\?.*$/s, '?********')}`
}
