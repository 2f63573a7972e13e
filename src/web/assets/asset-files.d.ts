// The value of `import … with { type: 'file' }`: the path of the file, on disk or inside the executable.
declare module '*.css' {
  const path: string
  // biome-ignore lint/style/noDefaultExport: the bundler decides how a file is exported.
  export default path
}
declare module '*.svg' {
  const path: string
  // biome-ignore lint/style/noDefaultExport: as above.
  export default path
}
