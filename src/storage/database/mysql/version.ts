const OLDEST = { maria: [10, 6, 0], mysql: [8, 0, 17] } as const

/** Why a server of this version will not do, as a sentence; null when it will. */
export function findVersionProblem(version: string, isMaria: boolean): string | null {
  // Some MariaDB servers put `5.5.5-` in front, for replicas of old.
  const numbers =
    version
      .replace(/^5\.5\.5-/, '')
      .match(/\d+/g)
      ?.map(Number) ?? []
  const oldest = isMaria ? OLDEST.maria : OLDEST.mysql
  for (const [i, least] of oldest.entries()) {
    const number = numbers[i] ?? 0
    if (number > least) return null
    if (number < least)
      return `the database server is ${version}: MariaDB 10.6 or MySQL 8.0.17 is the oldest that will do`
  }
  return null
}
