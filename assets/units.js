// Numbers and times for people, as src/web/words.ts writes them on the server; a test holds the two together.
globalThis.monitorUnits = (() => {
  const SPACE = '\u202f'
  const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']
  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  const pad = (value) => String(value).padStart(2, '0')

  function formatNumber(value) {
    const size = Math.abs(value)
    const digits = Number.isInteger(value) || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2
    const text = size.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, SPACE)
    return value < 0 && Number(size.toFixed(digits)) !== 0 ? `−${text}` : text
  }

  function signed(value, digits) {
    const text = Math.abs(value).toFixed(digits)
    return value < 0 && Number(text) !== 0 ? `−${text}` : text
  }

  const LARGE = ['M', 'G', 'T', 'P', 'E']
  const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

  function formatPlain(value, suffix) {
    const size = Math.abs(value)
    const before = value < 0 ? '−' : ''
    const behind = suffix && SPACE + suffix
    if (size > 0 && size < 0.0995) return `${before}${formatSmall(size)}${behind}`
    if (size < 9_999_999.5) return `${formatNumber(value)}${behind}`
    const power = Math.min(LARGE.length, Math.floor(Math.log10(size * 1.0005) / 3) - 1)
    const part = size / 1000 ** (power + 1)
    if (part >= 9999.5) return `${before}${formatPower(size)}${behind}`
    const digits = part >= 99.95 ? 0 : part >= 9.995 ? 1 : 2
    return `${signed(value / 1000 ** (power + 1), digits)}${SPACE}${LARGE[power - 1]}${suffix}`
  }

  const formatSmall = (size) => (size < 0.0001 ? formatPower(size) : String(Number(size.toPrecision(2))))

  function formatPower(size) {
    const [digits, power] = size.toExponential(1).split('e')
    const raised = power.replace('+', '').replace('-', '⁻')
    return `${digits.replace('.0', '')}×10${raised.replace(/\d/g, (digit) => SUPERSCRIPTS[digit])}`
  }

  function formatBytes(value, suffix) {
    let size = Math.abs(value)
    let power = 0
    while (size >= 999.5 && power < BYTES.length - 1) {
      size /= 1024
      power++
    }
    const digits = power === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2
    return `${value < 0 ? '−' : ''}${size.toFixed(digits)}${SPACE}${BYTES[power]}${suffix}`
  }

  function formatSeconds(value) {
    const size = Math.abs(value)
    const inUnit = (divisor, unit) => `${formatNumber(Number((value / divisor).toFixed(1)))}${SPACE}${unit}`
    if (size >= 2 * 86_400) return inUnit(86_400, 'days')
    if (size >= 2 * 3600) return inUnit(3600, 'h')
    if (size >= 120) return inUnit(60, 'min')
    if (size > 0 && size < 1) return `${formatNumber(Number((value * 1000).toPrecision(3)))}${SPACE}ms`
    return `${formatNumber(value)}${SPACE}s`
  }

  function formatValue(value, unit) {
    if (!Number.isFinite(value)) return '–'
    if (unit === '%') return `${signed(value, 1)}%`
    if (unit === '°C') return `${signed(value, 1)}${SPACE}°C`
    if (unit === 'B') return formatBytes(value, '')
    if (unit === 'B/s') return formatBytes(value, '/s')
    if (unit === '/s') return formatPlain(value, '/s')
    if (unit === 's') return formatSeconds(value)
    if (unit === 'state') return value >= 0.5 ? 'running' : 'stopped'
    return formatPlain(value, '')
  }

  const formatDate = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
  const formatMinute = (date) => `${pad(date.getHours())}:${pad(date.getMinutes())}`

  // What the user prefers; without it times are those of the device, in figures.
  const { zone, dates } = globalThis.document?.documentElement.dataset ?? {}
  const formats = new Map()
  const FORMS = {
    clock: { hour: '2-digit', minute: '2-digit' },
    second: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
    day: { day: 'numeric', month: 'short' },
    month: { month: 'short' },
    year: { year: 'numeric' },
    stamp: { dateStyle: 'medium', timeStyle: 'medium' },
    parts: {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    },
  }

  function findFormat(form) {
    const known = formats.get(form)
    if (known) return known
    const language = form === 'parts' ? 'en' : dates
    const format = new Intl.DateTimeFormat(language, { ...FORMS[form], ...(zone ? { timeZone: zone } : {}) })
    formats.set(form, format)
    return format
  }

  /** A date whose local parts are those that the clocks of the wanted zone show. */
  function localDate(time) {
    if (!zone) return new Date(time * 1000)
    const parts = {}
    for (const { type, value } of findFormat('parts').formatToParts(time * 1000)) parts[type] = Number(value)
    return new Date(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second)
  }

  const isMidnight = (time) => formatMinute(localDate(time)) === '00:00'

  /** What a field for date and time means, by the clocks of the wanted zone, in seconds; NaN for an empty one. */
  function readField(text) {
    const wanted = new Date(text).getTime() / 1000
    if (!zone || Number.isNaN(wanted)) return Math.floor(wanted)
    let time = wanted
    // Twice, because the first guess may lie on the other side of a change of the clocks.
    for (let i = 0; i < 2; i++) time += wanted - localDate(time).getTime() / 1000
    return Math.floor(time)
  }

  /** `as` is clock, second, day, month, stamp, title or field. */
  function formatTime(time, as) {
    const date = localDate(time)
    if (as === 'field') return `${formatDate(date)}T${formatMinute(date)}`
    if (dates) {
      const form = as === 'month' && date.getMonth() === 0 ? 'year' : as === 'title' ? 'stamp' : as
      return findFormat(form).format(time * 1000)
    }
    if (as === 'second') return `${formatMinute(date)}:${pad(date.getSeconds())}`
    if (as === 'clock') return formatMinute(date)
    if (as === 'day') return `${date.getDate()} ${MONTHS[date.getMonth()]}`
    if (as === 'month') return date.getMonth() === 0 ? String(date.getFullYear()) : MONTHS[date.getMonth()]
    return `${formatDate(date)} ${formatMinute(date)}:${pad(date.getSeconds())}`
  }

  const TIME_STEPS = [
    2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800,
  ]

  function roundStep(wanted, unit) {
    if (unit === 'B' || unit === 'B/s') {
      const power = 1024 ** Math.max(0, Math.floor(Math.log2(Math.max(1, wanted)) / 10))
      const step = [1, 2, 5, 10, 20, 50, 100, 256, 512].find((round) => round * power >= wanted)
      return step === undefined ? power * 1024 : step * power
    }
    if (unit === 's' && wanted > 1) {
      const step = TIME_STEPS.find((round) => round >= wanted)
      return step ?? roundStep(wanted / 86_400, '') * 86_400
    }
    const power = 10 ** Math.floor(Math.log10(wanted))
    return ([1, 2, 2.5, 5].find((round) => round * power >= wanted * (1 - 1e-9)) ?? 10) * power
  }

  /** Ends and round steps of an axis for values from `least` to `most`, as src/web/scale.ts has them. */
  function findLevels(least, most, unit, parts) {
    if (unit === 'state') return { low: 0, high: 1, levels: [0, 1] }
    const floats = unit === '°C' && most - least < 0.5 * Math.abs(most)
    const bottom = floats ? least : Math.min(0, least)
    const isFlat = most - bottom <= 1e-9 * Math.max(1, Math.abs(most))
    const top = isFlat ? bottom + (unit === 'B' || unit === 'B/s' ? 1024 : 1) : most
    const step = roundStep((top - bottom) / parts, unit)
    const low = Math.floor(bottom / step) * step
    let high = Math.ceil(top / step - 1e-9) * step
    if (unit === '%' && most <= 100) high = Math.min(high, Math.max(100, step))
    const levels = []
    for (let i = 0; low + i * step <= high + step / 1e6; i++) levels.push(low + i * step)
    return { low, high, levels }
  }

  /** `50.0%` is `50%` on an axis. */
  function formatLevel(value, unit) {
    if (value === 0 && unit !== 'state') return '0'
    // Values have one digit behind the point, and small steps two.
    if ((unit === '%' || unit === '°C') && !Number.isInteger(value)) {
      const exact = String(Number(value.toPrecision(6))).replace('-', '−')
      return unit === '%' ? `${exact}%` : `${exact}${SPACE}°C`
    }
    return formatValue(value, unit)
      .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
      .replace(/\.(?=\D|$)/, '')
  }

  return { formatValue, formatTime, readField, isMidnight, findLevels, formatLevel }
})()
