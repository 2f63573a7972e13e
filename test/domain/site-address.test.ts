import { expect, test } from 'bun:test'
import { siteAddress } from '../../src/domain/site-address.ts'

test.each([
  ['http://localhost:8080', '', 'http://localhost:8080/'],
  ['http://localhost:8080/', '/monitor', 'http://localhost:8080/monitor/'],
  ['https://example.org//', '/a/b', 'https://example.org/a/b/'],
  // The path is in `web.url` already.
  ['https://example.org/monitor', '/monitor', 'https://example.org/monitor/'],
  ['https://example.org/monitor/', '/monitor', 'https://example.org/monitor/'],
  // A host of that name is no path.
  ['https://monitor', '/monitor', 'https://monitor/monitor/'],
  ['https://[::1]:8443/', '/monitor', 'https://[::1]:8443/monitor/'],
])('%s below %p is %s', (address, path, expected) => {
  expect(siteAddress(address, path)).toBe(expected)
})
