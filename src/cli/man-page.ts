import type { Command } from '../roles/command.ts'
import { describeCommand } from '../roles/site/site-info.ts'

/** The manual page monitor(1) as man reads it, from the declarations of the commands. `date` is `2026-01-31`. */
export function writeManPage(commands: readonly Command[], version: string, date: string): string {
  return `${[
    `.TH MONITOR 1 ${quote(date)} ${quote(`monitor ${version}`)} "User commands"`,
    '.SH NAME',
    'monitor \\- server monitoring in one executable',
    '.SH SYNOPSIS',
    '.B monitor',
    '.I command',
    '[\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    'One executable runs every part: the website, the collect engine, the event engine and the agent. The command picks',
    'the part, or administers an installation.',
    '.SH COMMANDS',
    ...commands.flatMap(describe),
    '.SH OPTIONS FOR EVERY COMMAND',
    ...option('--config FILE', 'Configuration file'),
    ...option('--data-dir DIR', 'Data directory'),
    ...option('--set KEY=VALUE', 'A setting, such as web.port=8080; may be repeated'),
    ...option('--help', 'Says what a command takes'),
    '.SH EXIT STATUS',
    ...option('0', 'All is well'),
    ...option('1', 'It failed, or something is not well'),
    ...option('64', 'The command line is wrong'),
    ...option('78', 'The configuration is wrong'),
    '.SH FILES',
    ...option('/etc/monitor/monitor.toml', 'Configuration of the server'),
    ...option('/etc/monitor/agent.toml', 'Configuration of the agent'),
    ...option('/var/lib/monitor', 'Data'),
  ].join('\n')}\n`
}

function describe(command: Command): string[] {
  const { usage, doc, options } = describeCommand(command)
  return [
    '.TP',
    `.B ${escapeRoff(usage)}`,
    escapeRoff(doc),
    ...(options.length === 0 ? [] : ['.RS', ...options.flatMap((one) => option(one.usage, one.doc)), '.RE']),
  ]
}

const option = (usage: string, doc: string) => ['.TP', `.B ${escapeRoff(usage)}`, escapeRoff(doc)]

/**
 * A hyphen of an option is not a dash, and a point or quote at the beginning of a line would be a request of
 * roff.
 */
const escapeRoff = (text: string) =>
  text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/gm, '\\&$&')

const quote = (text: string) => `"${text.replaceAll('"', '')}"`
