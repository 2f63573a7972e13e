/** Longest key that the database holds, in characters. */
export const MAX_NAME_ORDER = 255

/**
 * A text whose order is that of names as people read them: web2 before web10. Before each number stands how many digits
 * it has, so that longer numbers come later; leading zeros count for nothing.
 */
export function nameOrder(name: string): string {
  return name
    .toLowerCase()
    .replace(/\d+/g, (digits) => {
      const number = digits.replace(/^0+(?=\d)/, '')
      return String.fromCharCode(48 + Math.min(number.length, 60)) + number
    })
    .slice(0, MAX_NAME_ORDER)
}
