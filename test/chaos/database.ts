import type { Mariadb } from '../support/sql/mariadb.ts'
import type { DatabaseServer } from './faults/harness.ts'

/** A database on that server, which can be held and crashed. */
export async function openDatabase(mariadb: Mariadb): Promise<DatabaseServer> {
  return {
    url: await mariadb.createDatabase(),
    hold: async (isHeld) => (isHeld ? mariadb.freeze() : mariadb.kill('SIGCONT')),
    async crash(ms) {
      mariadb.kill('SIGKILL')
      await mariadb.ended()
      await Bun.sleep(ms)
      await mariadb.start()
    },
  }
}
