import { afterEach, beforeEach } from 'bun:test'
import type { Store } from '../../../src/storage/ports/store.ts'
import { type FakeClock, fakeClock } from '../../support/clock.ts'
import { MIDNIGHT } from '../reports.ts'
import type { Workbench } from './store.contract.ts'

type Opened = { readonly bench: Workbench; readonly store: Store }

/**
 * Opens an empty store before each test of the suite and passes it to `use`, which keeps it and may fill it.
 * After the test the store is closed and removed. The store's clock stands at `MIDNIGHT` unless given.
 */
export function openEach(
  makeWorkbench: () => Workbench,
  use: (opened: Opened) => void | Promise<void>,
  makeClock: () => FakeClock = () => fakeClock(MIDNIGHT * 1000),
) {
  let opened: Opened
  beforeEach(async () => {
    const bench = makeWorkbench()
    opened = { bench, store: await bench.open(makeClock()) }
    await use(opened)
  })
  afterEach(async () => {
    await opened.store.close()
    await opened.bench.remove()
  })
}
