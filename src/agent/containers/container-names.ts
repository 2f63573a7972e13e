import type { ListedContainer } from './container.ts'
import type { Engine } from './engine.ts'

export type FoundContainer = {
  readonly name: string
  readonly engine: Engine
  readonly listed: ListedContainer
}

/** All containers of engines by names of their own. */
export class ContainerNames {
  #lists: readonly (readonly ListedContainer[] | null)[] = []
  #found: readonly FoundContainer[] = []

  /**
   * Those of the engines that answer. The same array as before where every engine says the same as before. What one that
   * does not answer had last keeps its names: those of the other engines are not taken for them.
   *
   * @param all every engine that was ever there
   */
  find(engines: readonly Engine[], all: readonly Engine[]): readonly FoundContainer[] {
    const lists = engines.map((engine) => (engine.hasAnswered ? engine.latest : null))
    const isSame = lists.length === this.#lists.length && lists.every((list, i) => list === this.#lists[i])
    if (isSame) return this.#found
    this.#lists = lists
    const answering = engines.filter(({ hasAnswered }) => hasAnswered)
    const listed = listAll(answering)
    const ids = new Set(listed.map(({ listed: { id } }) => id))
    const silent = all.filter((engine) => !answering.includes(engine))
    // The same engine may be reached by another socket now.
    const kept = listAll(silent).filter(({ listed: { id } }) => !ids.has(id))
    this.#found = nameApart([...listed, ...kept]).filter(({ engine }) => answering.includes(engine))
    return this.#found
  }
}

const listAll = (engines: readonly Engine[]) =>
  engines.flatMap((engine) => engine.latest.map((listed) => ({ engine, listed })))

/**
 * Running containers come first, so that they are watched before ended ones; of two with one name the second gets a
 * number. That is the one of the later engine, whether it runs or not: the other may end without losing its name to it.
 */
function nameApart(found: readonly Omit<FoundContainer, 'name'>[]): FoundContainer[] {
  const taken = new Set<string>()
  return [...found]
    .sort((a, b) => compare(a.engine.socket, b.engine.socket) || rank(a, b))
    .map((one) => {
      let { name } = one.listed
      for (let number = 2; taken.has(name); number++) name = `${one.listed.name}_${number}`
      taken.add(name)
      return { ...one, name }
    })
    .sort(rank)
}

const rank = ({ listed: a }: Omit<FoundContainer, 'name'>, { listed: b }: Omit<FoundContainer, 'name'>) =>
  Number(b.isRunning) - Number(a.isRunning) || compare(a.name, b.name) || compare(a.id, b.id)

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
