// Writes config.example.toml from the schema; a test holds the file to it.
import { join } from 'node:path'
import { writeExample } from '../src/config/settings.ts'

await Bun.write(join(import.meta.dir, '..', 'config.example.toml'), writeExample())
