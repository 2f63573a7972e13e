import { version } from '../../package.json'

/** Put in by the build; there is none when the program runs from source. */
declare const BUILD_COMMIT: string | undefined

const commit = typeof BUILD_COMMIT === 'string' ? BUILD_COMMIT : 'source'

/** False when it runs from source. */
export const IS_COMPILED = commit !== 'source'

export const VERSION: string = version

/** `0.1.0 (1a2b3c4d)`. */
export const FULL_VERSION = `${version} (${commit})`
