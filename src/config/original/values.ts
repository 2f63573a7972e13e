import type { Ini } from './ini.ts'
import type { TomlWriter } from './toml-writer.ts'

/** Reads values of the original's settings and reports those that are invalid. */
export class OriginalValues {
  readonly #ini: Ini
  readonly #toml: TomlWriter

  constructor(ini: Ini, toml: TomlWriter) {
    this.#ini = ini
    this.#toml = toml
  }

  text(section: string, key: string): string | null {
    return this.#ini.take(section, key)
  }

  /** Null when it is not there or no such number, which is noted. */
  whole(section: string, key: string, [least, most]: readonly [number, number]): number | null {
    const said = this.#ini.take(section, key)
    if (said === null) return null
    const number = Number(said)
    if (Number.isInteger(number) && number >= least && number <= most) return number
    this.#toml.note(
      `left out: [${section}] ${key} = ${said}: expected a whole number from ${least} to ${most}`,
    )
    return null
  }

  /** Null when it is not there or no such word, which is noted. */
  flag(section: string, key: string): boolean | null {
    const said = this.#ini.take(section, key)
    if (said === null) return null
    if (/^(1|true|yes|on)$/i.test(said)) return true
    if (/^(0|false|no|off)$/i.test(said)) return false
    this.#toml.note(`left out: [${section}] ${key} = ${said}: expected True or False`)
    return null
  }

  /** Takes values that have no counterpart here and notes why. */
  drop(section: string, keys: readonly string[], why: string): void {
    const found = keys.filter((key) => this.#ini.take(section, key) !== null)
    if (found.length > 0) this.#toml.note(`no counterpart: [${section}] ${found.join(', ')}: ${why}`)
  }

  noteLeft(): void {
    for (const left of this.#ini.listLeft()) this.#toml.note(`no counterpart: ${left}`)
  }
}

/** A passphrase that is public, because the original is delivered with it. */
export const DELIVERED_PASSPHRASE = 'secure_monitoring'

/** Carries the passphrase over, with a warning about one that is public. */
export function takePassphrase(values: OriginalValues, toml: TomlWriter, from: string, to: string): void {
  const passphrase = values.text(from, 'passphrase')
  if (passphrase === null) return
  toml.set(to, 'passphrase', passphrase)
  if (passphrase === DELIVERED_PASSPHRASE)
    toml.note(
      'the passphrase is the one that the original is delivered with, which everybody knows: give another one ' +
        'when the last original agent is replaced (passphrase_previous lets both in meanwhile)',
    )
}
