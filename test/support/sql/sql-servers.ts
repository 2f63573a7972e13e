import { findMysqlObstacle } from '../../../.ci/mysql-root.ts'
import { HAS_MARIADB, type Mariadb, type MariadbOptions, startMariadb } from './mariadb.ts'
import { startMysql } from './mysql.ts'

export type SqlServerProduct = {
  readonly name: 'MariaDB' | 'MySQL'
  /** Why it can't be started here; null when it can. */
  readonly obstacle: string | null
  readonly start: (options?: MariadbOptions) => Promise<Mariadb>
}

/** The products that speak the protocol; what is tested on one is tested on all. */
export const SQL_SERVERS: readonly SqlServerProduct[] = [
  {
    name: 'MariaDB',
    obstacle: HAS_MARIADB ? null : '/usr/sbin/mariadbd, Debian package "mariadb-server", is missing',
    start: startMariadb,
  },
  { name: 'MySQL', obstacle: findMysqlObstacle(), start: startMysql },
]

/** Says loudly which of them are not tested here. */
export function reportMissingServers(what: string): void {
  for (const { name, obstacle } of SQL_SERVERS)
    if (obstacle !== null) console.error(`NOT TESTED HERE: ${what} on ${name} (${obstacle})`)
}
