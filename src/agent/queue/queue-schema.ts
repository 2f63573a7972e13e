import type { Database } from 'bun:sqlite'

/** "monQ": distinguishes the queue from any other SQLite database, which must never be moved aside. */
const APPLICATION_ID = 0x6d_6f_6e_51
const SCHEMA_VERSION = 4

const ADD_THRESHOLDS =
  'CREATE TABLE threshold_state (id INTEGER PRIMARY KEY CHECK (id = 0), json TEXT NOT NULL);'

const ADD_CHECKSUMS = `
  ALTER TABLE layout ADD COLUMN crc INTEGER;
  ALTER TABLE item ADD COLUMN crc INTEGER;
  ALTER TABLE totals ADD COLUMN damaged INTEGER NOT NULL DEFAULT 0;`

/** Of before it is not known how many of the dropped ones were too old. */
const ADD_NUMBERS = `
  ALTER TABLE totals ADD COLUMN aged INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE totals ADD COLUMN generation TEXT;
  ALTER TABLE totals ADD COLUMN newest INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE totals ADD COLUMN is_clean INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE loss (
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    reason TEXT NOT NULL,
    from_time INTEGER NOT NULL,
    to_time INTEGER NOT NULL,
    count INTEGER NOT NULL
  );`

const SCHEMA = `
  CREATE TABLE layout (id INTEGER PRIMARY KEY, metrics TEXT NOT NULL);
  CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    time INTEGER NOT NULL,
    layout INTEGER,
    size INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 0), dropped INTEGER NOT NULL, refused INTEGER NOT NULL);
  CREATE TABLE span (first INTEGER NOT NULL, last INTEGER NOT NULL);
  ${ADD_THRESHOLDS}
  INSERT INTO totals VALUES (0, 0, 0);
  ${ADD_CHECKSUMS}
  ${ADD_NUMBERS}
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`

/** The steps from a file of an earlier version to the next one. */
const STEPS: Readonly<Record<number, string>> = {
  1: ADD_THRESHOLDS,
  2: ADD_CHECKSUMS,
  3: ADD_NUMBERS,
}

/** The file is a queue of ours, but it can't be used. */
export class UnusableQueueError extends Error {}

/** Makes the tables or brings them up to date. Throws when the file is something else, or damaged. */
export function prepareSchema(database: Database, path: string): void {
  const pragma = (name: string) =>
    Object.values(database.query<Record<string, number | string>, []>(`PRAGMA ${name}`).get() ?? {})[0]
  const tables = database.query('SELECT 1 FROM sqlite_schema LIMIT 1').get()
  if (tables === null) {
    database.transaction(() => database.run(SCHEMA))()
    return
  }
  if (pragma('application_id') !== APPLICATION_ID)
    throw new Error(`${path} is a database of something else: name another file for the agent's queue`)
  const version = Number(pragma('user_version'))
  const steps = Object.entries(STEPS).flatMap(([from, step]) => (Number(from) >= version ? [step] : []))
  if (version >= 1 && steps.length > 0)
    database.transaction(() => database.run(`${steps.join('\n')} PRAGMA user_version = ${SCHEMA_VERSION}`))()
  if (pragma('user_version') !== SCHEMA_VERSION)
    throw new UnusableQueueError(`${path} was written by another version of the agent`)
  if (pragma('quick_check(1)') !== 'ok') throw new UnusableQueueError(`${path} is damaged`)
}
