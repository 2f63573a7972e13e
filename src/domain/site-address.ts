/**
 * The address under which the website is reached, with one slash at its end: whatever prints or sends an address of the
 * website builds on this one. `address` is scheme, host and port, with or without a path; `basePath` is `web.base_path`,
 * empty for none, and is not added twice where `address` ends with it already.
 */
export function siteAddress(address: string, basePath: string): string {
  const bare = address.replace(/\/+$/, '')
  const path = new URL(bare).pathname
  return path.endsWith(basePath) ? `${bare}/` : `${bare}${basePath}/`
}
