/**
 * Statements that may read a large table from end to end, by the reason why. "The reading thread" is the one of
 * `src/storage/reading-thread`: nobody waits for it but who asks.
 */
export const ALLOWED_SCANS: Readonly<Record<string, readonly RegExp[]>> = {
  'An index is walked in the order of the page, and every row fits: it ends at the LIMIT.': [
    /FROM event (LEFT JOIN host ON host\.id = event\.host )?(ORDER BY event\.opened DESC, event\.id DESC )?LIMIT \?/,
    /FROM host (WHERE (\+last_seen >= \?|name NOT IN \([?, ]+\)) )?ORDER BY (name_order|last_seen)( DESC)?, (id|name)( DESC)? LIMIT \?/,
    /FROM (audit|event_todo todo) ORDER BY (todo\.history|id)( DESC)? LIMIT \?/,
  ],
  'A severity has many events: those along time, or along the index, are met before the LIMIT.': [
    /FROM event (LEFT JOIN host ON host\.id = event\.host )?WHERE event\.severity = \? (ORDER BY event\.opened DESC, event\.id DESC )?LIMIT \?/,
  ],
  'Events of a group of over 100 hosts, on the reading thread: many hosts have events at all times.': [
    /FROM event (LEFT JOIN host ON host\.id = event\.host )?WHERE \+event\.host IN \(SELECT host FROM host_group/,
  ],
  'Names of hosts that have a part, on the reading thread: 1 ms of ten thousand hosts.': [
    /^SELECT id FROM host WHERE LOWER\(name\) LIKE \? ESCAPE '!' LIMIT \?$/,
    /event\.id > \(SELECT MAX\(newest\.id\) - 20000 FROM event newest\)/,
  ],
  'A search in all that is known of hosts, on the reading thread but for the few rows of the search box.': [
    /FROM host WHERE INSTR\(search_text, \?\)/,
  ],
  'A sort by what no index has, on the reading thread: an index of it would cost at every packet.': [
    /^SELECT id, latest_time, latest FROM host .*ORDER BY name_order, id$/,
    /^SELECT id, latest_time, latest FROM host ORDER BY name_order, id$/,
    /^SELECT id FROM host (WHERE .*)?ORDER BY (ip_order|domain|platform)( DESC)?, name( DESC)? LIMIT \?/,
    /AS worst FROM event WHERE is_open = 1 GROUP BY host\) trouble/,
  ],
  'All hosts are what is asked for, a few columns of each: 3 ms of ten thousand hosts.': [
    /^SELECT name, last_seen AS lastSeen FROM host$/,
    /^SELECT name, first_seen AS firstSeen, last_seen AS lastSeen FROM host( WHERE 1 = 0)? ORDER BY name_order, id$/,
    /^SELECT name, last_seen AS lastSeen, clock_skew AS skew FROM host WHERE clock_skew IS NOT NULL ORDER BY name$/,
    /FROM host CROSS JOIN event WHERE event\.host = host\.id AND event\.metric = \? AND event\.opened > host\.last_seen/,
  ],
  'Hosts are counted in an index: 0.2 ms of ten thousand.': [
    /^SELECT COUNT\(\*\) AS total FROM host( WHERE (\+last_seen >= \?|name NOT IN \([?, ]+\)))?$/,
  ],
  'Entries of the audit log are counted in an index: retention bounds them.': [
    /^SELECT COUNT\(\*\) AS total FROM audit$/,
  ],
  'A search in the audit log, on the reading thread.': [/FROM audit WHERE \(LOWER\(action\) LIKE/],
  'Sums over everything for the page of the storage, on the reading thread, kept for ten minutes.': [
    /^SELECT \(SELECT (COUNT|COALESCE)/,
    /^SELECT host\.id AS id, host\.name AS host, SUM\(part\.amount\) AS samples/,
  ],
  'monitor db check reads everything; it runs in a process of its own.': [
    /WHERE (\w+)\.(host|queue|notification|event|rule|user|metric_set) <> 0 AND NOT EXISTS \(SELECT 1 FROM/,
    /^SELECT COUNT\(\*\) AS blocks, SUM\(revision\) AS revisions FROM block$/,
    /^SELECT COUNT\(\*\) AS total FROM chunk$/,
  ],
  'Retention of metric sets: a few short rows a host, once a day was dropped.': [
    /FROM host_metric_set( WHERE last_day < \?( LIMIT 1)?)?$/,
    /^SELECT id, latest_time, latest FROM host WHERE latest IS NOT NULL$/,
  ],
  'Names without a key are all given free at once, when an administrator wants that.': [
    /^SELECT id FROM host WHERE key_hash IS NULL AND is_released = 0 ORDER BY id$/,
  ],
}
