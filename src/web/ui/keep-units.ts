/** A number, a plain space and a unit that sentences about problems use. */
const BEFORE_UNIT = /(?<=\d) (?=(?:%|°C|ms|s|min|h|d|days?|W|rpm|(?:[KMGTPE]i)?B|Mbit)(?![\p{L}\d]))/gu
const NO_BREAK_SPACE = '\u00a0'

/**
 * Keeps a number and its unit in one line of a page. Sentences have plain spaces, because people filter mail
 * and search chats by them.
 */
export const keepUnits = (sentence: string) => sentence.replace(BEFORE_UNIT, NO_BREAK_SPACE)
