/** Characters that control a terminal, are invisible, or change the direction of the text that follows. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** Escaped as in JSON, so that a line of JSON stays one. */
export const escapeInvisible = (line: string): string =>
  line.replace(INVISIBLE, (character) =>
    Array.from({ length: character.length }, (_, i) => escapeUnit(character.charCodeAt(i))).join(''),
  )

const escapeUnit = (unit: number) => `\\u${unit.toString(16).padStart(4, '0')}`
