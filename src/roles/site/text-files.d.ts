// The result of `import … with { type: 'text' }`.
declare module '*.sh' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: the bundler decides how a file is exported.
  export default text
}

declare module '*.ps1' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: as above.
  export default text
}
