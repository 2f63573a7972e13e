const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'],
  [/\b(?:Headless)?(?:Chrome|CriOS)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[\d.]* .*Safari/, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux|X11/, 'Linux'],
]

/** `Firefox 140 on Linux`, or the start of the User-Agent header when the browser is not a known one. */
export function describeBrowser(text: string): string {
  if (text === '') return '–'
  const found = BROWSERS.flatMap(([pattern, name]) => {
    const match = pattern.exec(text)
    return match ? [`${name} ${match[1]}`] : []
  })[0]
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1]
  if (found === undefined) return text.slice(0, 60)
  return system === undefined ? found : `${found} on ${system}`
}
