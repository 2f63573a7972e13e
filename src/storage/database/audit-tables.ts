import type { Dialect } from './dialect.ts'

/**
 * Step of the schema.
 *
 * - `receipt`: what one commit of a collect engine stored, by the numbers that agents gave (`audit/receipt.ts`).
 *   Appended with the samples themselves and settled into the other tables within minutes.
 * - `agent_run`: which run of the agent speaks for a host now, and from which row of numbers.
 * - `agent_queue`: a row of numbers. Of those from `first_number` to `newest`, `accounted` lists the ranges
 *   that were received or are known to be lost; `waiting` is the lowest that may still come. `is_restored`, of a
 *   later step, says that the database was restored and the agent has not spoken since: what it was told to be
 *   stored and is not here came after the backup.
 * - `data_gap`: what never comes; `reason` is empty when nobody has told one. `amount` are numbers, or cycles
 *   where `first_number` is 0.
 * - `sample_day`: samples that were acknowledged of a host's UTC day, each once, and how many were counted
 *   in its block. `is_mixed` says that senders that number nothing have sent samples of the day too.
 * - `rejection`: what was refused in a minute, by reason; `host` 0 where the sender was not known.
 */
export const createAuditTables = ({
  id,
  integer,
  blob,
  text,
  plain,
  clustered,
}: Dialect): readonly string[] => [
  `CREATE TABLE receipt (id ${id}, packed ${blob} NOT NULL) ${plain}`,
  `CREATE TABLE agent_run (
    host ${integer} NOT NULL PRIMARY KEY,
    run VARCHAR(64) NOT NULL,
    queue ${integer} NOT NULL,
    started ${integer} NOT NULL
  ) ${clustered}`,
  `CREATE TABLE agent_queue (
    id ${id},
    host ${integer} NOT NULL,
    name VARCHAR(64) NOT NULL,
    since ${integer} NOT NULL,
    first_number ${integer} NOT NULL,
    newest ${integer} NOT NULL,
    waiting ${integer} NOT NULL,
    accounted ${text} NOT NULL,
    present ${integer} NOT NULL,
    repeated ${integer} NOT NULL,
    last_time ${integer} NOT NULL
  ) ${plain}`,
  `CREATE UNIQUE INDEX agent_queue_by_name ON agent_queue (host, name)`,
  `CREATE TABLE data_gap (
    id ${id},
    host ${integer} NOT NULL,
    queue ${integer} NOT NULL,
    first_number ${integer} NOT NULL,
    last_number ${integer} NOT NULL,
    reason VARCHAR(16) NOT NULL,
    from_time ${integer} NOT NULL,
    to_time ${integer} NOT NULL,
    amount ${integer} NOT NULL,
    noted ${integer} NOT NULL,
    is_reported ${integer} NOT NULL
  ) ${plain}`,
  `CREATE INDEX data_gap_by_queue ON data_gap (queue, first_number)`,
  `CREATE INDEX data_gap_by_host ON data_gap (host, noted)`,
  `CREATE INDEX data_gap_by_report ON data_gap (is_reported, host)`,
  `CREATE TABLE sample_day (
    host ${integer} NOT NULL,
    day ${integer} NOT NULL,
    acknowledged ${integer} NOT NULL,
    counted ${integer},
    is_mixed ${integer} NOT NULL,
    PRIMARY KEY (host, day)
  ) ${clustered}`,
  `CREATE INDEX sample_day_by_count ON sample_day (counted, day)`,
  `CREATE TABLE rejection (
    host ${integer} NOT NULL,
    minute ${integer} NOT NULL,
    reason VARCHAR(32) NOT NULL,
    amount ${integer} NOT NULL,
    PRIMARY KEY (host, minute, reason)
  ) ${clustered}`,
  `CREATE INDEX rejection_by_minute ON rejection (minute)`,
]
