import { runCommandLine } from './roles/command-line.ts'

process.exitCode = await runCommandLine(process.argv.slice(2))
