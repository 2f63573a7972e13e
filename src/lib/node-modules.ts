/**
 * Modules of Node.js, loaded when they are first needed: each takes some two megabytes, which an agent that has no
 * use for them is not to hold.
 */
export const loadNet = () => process.getBuiltinModule('node:net')
export const loadCrypto = () => process.getBuiltinModule('node:crypto')
export const loadTls = () => process.getBuiltinModule('node:tls')

/** The version of an IP address: 4 or 6; 0 for text that is not an address. */
export const isIP = (text: string): number => loadNet().isIP(text)
