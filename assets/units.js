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
    if (unit === '%') return `${value.toFixed(1)}%`
    if (unit === '°C') return `${value.toFixed(1)}${SPACE}°C`
    if (unit === 'B') return formatBytes(value, '')
    if (unit === 'B/s') return formatBytes(value, '/s')
    if (unit === '/s') return `${formatNumber(value)}${SPACE}/s`
    if (unit === 's') return formatSeconds(value)
    if (unit === 'state') return value >= 0.5 ? 'running' : 'stopped'
    return formatNumber(value)
  }

  const formatDate = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
  const formatMinute = (date) => `${pad(date.getHours())}:${pad(date.getMinutes())}`

  /** `as` is clock, day, month, stamp or field. */
  function formatTime(time, as) {
    const date = new Date(time * 1000)
    if (as === 'clock') return formatMinute(date)
    if (as === 'day') return `${date.getDate()} ${MONTHS[date.getMonth()]}`
    if (as === 'month') return date.getMonth() === 0 ? String(date.getFullYear()) : MONTHS[date.getMonth()]
    if (as === 'field') return `${formatDate(date)}T${formatMinute(date)}`
    return `${formatDate(date)} ${formatMinute(date)}:${pad(date.getSeconds())}`
  }

  return { formatValue, formatTime }
})()
