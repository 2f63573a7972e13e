// Loaded before every test. A busy machine may take long over what is quick otherwise; only a broken program takes as long as this.
import { setDefaultTimeout } from 'bun:test'

setDefaultTimeout(60_000)
