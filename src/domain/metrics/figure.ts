import { isNumberForm, type ValueForm, type ValueWords } from './unit.ts'

/** A number and its unit apart, so that a page can set them differently. */
export type Figure = { readonly number: string; readonly unit: string }

export const NARROW_SPACE = '\u202f'
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/**
 * For people: three significant digits or so, in the unit that makes the number short. The browser uses this
 * file too.
 */
export function formatFigure(value: number, form: ValueForm): Figure {
  if (!Number.isFinite(value)) return { number: '–', unit: '' }
  if (!isNumberForm(form)) return formatWord(value, form)
  const unit = form
  switch (unit) {
    case '%':
      return { number: signed(value, 1), unit: '%' }
    case '°C':
      return { number: signed(value, 1), unit: '°C' }
    case 'B':
      return formatBytes(value, '')
    case 'B/s':
      return formatBytes(value, '/s')
    case '/s':
    case 'ms':
    case 'W':
    case 'rpm':
    case 'Mbit/s':
      return formatPlain(value, unit)
    case 'days': {
      const { number, unit } = formatPlain(value, 'days')
      return { number, unit: number === '1' ? 'day' : unit }
    }
    case 's':
      return formatSeconds(value)
    case '':
      return formatPlain(value, '')
  }
}

/** The figure in one piece. */
export function formatValue(value: number, form: ValueForm): string {
  const figure = formatFigure(value, form)
  return figure.unit === '' ? figure.number : `${figure.number}${NARROW_SPACE}${figure.unit}`
}

/**
 * The word for a value. The mean of several values has none: of a state it is the share of the time in which it was good,
 * as `97.2 % running`.
 */
function formatWord(value: number, words: ValueWords): Figure {
  const [, good] = words
  if (words.length === 2 && good !== undefined) {
    if (value > 0 && value < 1) return { number: signed(value * 100, 1), unit: `% ${good}` }
    return { number: words[value >= 1 ? 1 : 0] ?? '', unit: '' }
  }
  const word = words[value]
  if (word !== undefined) return { number: word, unit: '' }
  return value > 0 && value < words.length - 1 ? { number: 'several', unit: '' } : formatPlain(value, '')
}

/** With this number of decimals, and a minus sign as wide as a plus sign; zero has no sign. */
function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits)
  return value < 0 && Number(text) !== 0 ? `−${text}` : text
}

const LARGE_UNITS = ['M', 'G', 'T', 'P', 'E'] as const
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/**
 * Numbers without a unit of their own: those that are too long to be read are in millions and so on, and no
 * small one becomes nothing.
 */
function formatPlain(value: number, suffix: string): Figure {
  const size = Math.abs(value)
  if (size > 0 && size < 0.0995)
    return { number: `${value < 0 ? '−' : ''}${formatSmall(size)}`, unit: suffix }
  if (size < 9_999_999.5) return { number: formatNumber(value), unit: suffix }
  const power = Math.min(LARGE_UNITS.length, Math.floor(Math.log10(size * 1.0005) / 3) - 1)
  const part = size / 1000 ** (power + 1)
  if (part >= 9999.5) return { number: `${value < 0 ? '−' : ''}${formatPower(size)}`, unit: suffix }
  const digits = part >= 99.95 ? 0 : part >= 9.995 ? 1 : 2
  return { number: signed(value / 1000 ** (power + 1), digits), unit: `${LARGE_UNITS[power - 1]}${suffix}` }
}

/** Keeps two significant digits. */
const formatSmall = (size: number) =>
  size < 0.0001 ? formatPower(size) : String(Number(size.toPrecision(2)))

function formatPower(size: number): string {
  const [digits = '', power = ''] = size.toExponential(1).split('e')
  const raised = power.replace('+', '').replace('-', '⁻')
  return `${digits.replace('.0', '')}×10${raised.replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? '')}`
}
/** A limit as people have set it: no zeros behind the point, and no digit lost. */
export function formatThreshold(value: number, form: ValueForm): string {
  if (!isNumberForm(form)) return formatValue(value, form)
  const unit = form
  if (unit === '%' || unit === '°C') return `${formatExact(value)}${NARROW_SPACE}${unit}`
  return unit === '' ? formatExact(value) : dropZeros(formatValue(value, unit))
}

const formatExact = (value: number) =>
  Number.isInteger(value) ? formatNumber(value) : String(Number(value.toPrecision(6))).replace('-', '−')

/** `50.0 %` is `50 %`. */
export const dropZeros = (text: string) => text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '')

function formatBytes(value: number, suffix: string): Figure {
  let size = Math.abs(value)
  let power = 0
  while (size >= 999.5 && power < BYTE_UNITS.length - 1) {
    size /= 1024
    power++
  }
  const digits = power === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2
  return { number: `${value < 0 ? '−' : ''}${size.toFixed(digits)}`, unit: `${BYTE_UNITS[power]}${suffix}` }
}

/** Thousands apart; two decimals below 10, one below 100, none for whole numbers. */
export function formatNumber(value: number): string {
  const size = Math.abs(value)
  const digits = Number.isInteger(value) || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2
  const text = size.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, NARROW_SPACE)
  return value < 0 && Number(size.toFixed(digits)) !== 0 ? `−${text}` : text
}

function formatSeconds(value: number): Figure {
  const size = Math.abs(value)
  if (size >= 2 * 86_400) return { number: formatNumber(Number((value / 86_400).toFixed(1))), unit: 'days' }
  if (size >= 2 * 3600) return { number: formatNumber(Number((value / 3600).toFixed(1))), unit: 'h' }
  if (size >= 120) return { number: formatNumber(Number((value / 60).toFixed(1))), unit: 'min' }
  if (size > 0 && size < 1) return { number: formatNumber(Number((value * 1000).toPrecision(3))), unit: 'ms' }
  return { number: formatNumber(value), unit: 's' }
}
