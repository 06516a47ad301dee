-- name: campaigns
-- The state as people see it: a repeated one may be paused, and a running one that launches nobody any more is finishing.
-- Whoever entered an open one and is no recipient yet is open too: such entries lie in the tails that workers have yet to read.
-- $2 one campaign, $3 states, $4 tag, $5 scheme, $6 version, $7 and $8 when made, $9 words, $10 archived ones too, $11 tests
-- too, $12 parent. Which order, and where the page before ended, is said behind it.
SELECT c.campaign, x.state, c.name, c.kind, c.version, c.audience, c.start, c.send_window, c.end_at, c.end_after, c.smooth,
       c.rate, c.zone, c.connection, c.advertising, c.unknown_zones, c.tags, c.entry,
       c.test, coalesce(c.parent, 0), c.made_as, c.author, c.note, coalesce(c.launch_task, 0), x.launching,
       CASE WHEN c.launched_at IS NULL AND c.state IN ('draft', 'moderation') THEN 0 ELSE c.recipients END,
       CASE WHEN c.state IN ('draft', 'moderation') THEN 0 ELSE
           (SELECT coalesce(sum(s.open), 0)::bigint FROM segments s WHERE s.account = c.account AND s.campaign = c.campaign) END
       + CASE WHEN c.kind = 'open' AND c.finished_at IS NULL THEN (
           SELECT count(*) FROM segments s CROSS JOIN LATERAL (
               SELECT FROM entries e WHERE e.account = s.account AND e.campaign = s.campaign AND e.segment = s.segment AND e.xid >= s.applied
                 AND (SELECT true FROM recipients r WHERE r.account = e.account AND r.campaign = e.campaign AND r.ordinal = e.ordinal) IS NULL
               OFFSET 0) x
           WHERE s.account = c.account AND s.campaign = c.campaign) ELSE 0 END,
       c.selected, c.refused, c.created_at, c.launched_at,
       CASE WHEN c.state NOT IN ('draft', 'moderation') AND p.campaign IS NULL THEN c.start_at END,
       c.finished_at, c.closed_at, c.archived_at, p.next_at, coalesce(p.made, 0), coalesce(p.missed, 0), c.hurry
FROM campaigns c
LEFT JOIN repetitions p ON p.account = c.account AND p.campaign = c.campaign
CROSS JOIN LATERAL (SELECT
    CASE WHEN p.held AND c.state = 'scheduled' THEN 'paused'
         WHEN c.state = 'running' AND (c.end_at <= clock_timestamp() OR c.closed_at IS NOT NULL) THEN 'finishing'
         ELSE c.state END AS state,
    c.launching <> '' AND EXISTS (SELECT FROM tasks t WHERE t.account = c.account AND t.task = c.launch_task
                                  AND t.state IN ('waiting', 'running')) AS launching) x
WHERE c.account = $1 AND ($2::bigint = 0 OR c.campaign = $2)
  AND (cardinality($3::text[]) = 0 OR x.state = ANY ($3))
  AND ($4::text = '' OR $4 = ANY (c.tags))
  AND ($5::bigint = 0 OR c.version IN (SELECT v.version FROM versions v WHERE v.account = $1 AND v.scheme = $5))
  AND ($6::bigint = 0 OR c.version = $6)
  AND ($7::timestamptz IS NULL OR c.created_at >= $7) AND ($8::timestamptz IS NULL OR c.created_at < $8)
  AND ($9::text = '' OR strpos(folded(c.name), folded($9)) > 0)
  AND ($2 <> 0 OR $10::boolean OR c.archived_at IS NULL)
  AND ($2 <> 0 OR $11::boolean OR NOT c.test)
  AND ($12::bigint = 0 OR c.parent = $12)

-- name: starts
-- When a campaign begins, as it is shown: the next repetition of a repeated one; null where nobody knows yet.
coalesce(p.next_at, CASE WHEN c.state NOT IN ('draft', 'moderation') AND p.campaign IS NULL THEN c.start_at END)

-- name: life
-- Where in its life a campaign stands.
array_position(ARRAY['draft', 'moderation', 'scheduled', 'running', 'paused', 'finishing', 'finished', 'cancelled'], x.state)

-- name: lock
SELECT true FROM campaigns WHERE account = $1 AND campaign = $2 FOR UPDATE

-- name: create
INSERT INTO campaigns (account, campaign, version, name, kind, audience, start, send_window, end_at, end_after, smooth, rate, zone,
    connection, advertising, unknown_zones, tags, entry, test, parent, made_as, created_by, author, seed, created_at, start_at, hurry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, nullif($20::bigint, 0), $21,
    nullif($22::bigint, 0), $23, $24, clock_timestamp(), least(clock_timestamp(), $9::timestamptz - interval '1 second'),
    coalesce((SELECT p.hurry FROM campaigns p WHERE p.account = $1 AND p.campaign = $20), $25))

-- name: change
-- The start of a draft means nothing yet, but lies before its end.
UPDATE campaigns SET version = $3, name = $4, kind = $5, audience = $6, start = $7, send_window = $8, end_at = $9, end_after = $10,
    smooth = $11, rate = $12, zone = $13, connection = $14, advertising = $15, unknown_zones = $16, tags = $17, entry = $18,
    start_at = CASE WHEN state = 'draft' THEN least(clock_timestamp(), $9::timestamptz - interval '1 second') ELSE start_at END,
    revision = revision + 1
WHERE account = $1 AND campaign = $2

-- name: version
SELECT name, document FROM versions WHERE account = $1 AND version = $2

-- name: scheme
-- Whoever archives it meanwhile waits, and sees what was launched.
SELECT s.name, s.archived_at FROM versions v JOIN schemes s ON s.account = v.account AND s.scheme = v.scheme
WHERE v.account = $1 AND v.version = $2 FOR SHARE OF s

-- name: account
SELECT zone, country, moderation, send_window, coalesce(cap_day, 0), coalesce(cap_week, 0) FROM accounts WHERE account = $1

-- name: moderation_set
UPDATE accounts SET moderation = $2 WHERE account = $1 AND moderation <> $2

-- name: set_state
UPDATE campaigns SET state = $3, note = $4, revision = revision + 1,
    finished_at = CASE WHEN $5::boolean THEN clock_timestamp() ELSE finished_at END
WHERE account = $1 AND campaign = $2

-- name: starts_later
SELECT start_at > clock_timestamp() FROM campaigns WHERE account = $1 AND campaign = $2

-- name: wake_segments
UPDATE segments SET due = clock_timestamp()
WHERE account = $1 AND campaign = $2 AND open > 0 AND (due IS NULL OR due > clock_timestamp())

-- name: close
UPDATE campaigns SET closed_at = clock_timestamp(), revision = revision + 1 WHERE account = $1 AND campaign = $2

-- name: archive
UPDATE campaigns SET archived_at = CASE WHEN $3::boolean THEN clock_timestamp() END WHERE account = $1 AND campaign = $2

-- name: delete
DELETE FROM campaigns WHERE account = $1 AND campaign = $2

-- name: schedule_open
UPDATE campaigns SET state = 'scheduled', start_at = greatest($3::timestamptz, clock_timestamp()), launched_at = clock_timestamp()
WHERE account = $1 AND campaign = $2

-- name: schedule_series
-- A repeated campaign launches nobody itself: its start never comes.
UPDATE campaigns SET state = 'scheduled', start_at = '9999-01-01', launched_at = clock_timestamp()
WHERE account = $1 AND campaign = $2

-- name: series_begin
INSERT INTO repetitions (account, campaign, next_at) VALUES ($1, $2, $3)
ON CONFLICT (account, campaign) DO UPDATE SET next_at = excluded.next_at

-- name: series_hold
UPDATE repetitions SET held = $3, next_at = coalesce($4::timestamptz, next_at) WHERE account = $1 AND campaign = $2

-- name: series_next
UPDATE repetitions SET next_at = $3 WHERE account = $1 AND campaign = $2

-- name: series_due
SELECT account, campaign, next_at, clock_timestamp() FROM repetitions
WHERE next_at <= clock_timestamp() AND NOT held ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: series_done
UPDATE repetitions SET next_at = $3, missed = missed + $4, made = made + ($5::bigint <> 0)::integer,
    last = coalesce(nullif($5::bigint, 0), last)
WHERE account = $1 AND campaign = $2

-- name: series_end
UPDATE campaigns SET state = 'finished', finished_at = clock_timestamp()
WHERE account = $1 AND campaign = $2 AND state = 'scheduled'

-- name: corrections
SELECT correction, node, field, old, new, at, name FROM corrections WHERE account = $1 AND campaign = $2 ORDER BY correction

-- name: correct
INSERT INTO corrections (account, campaign, correction, node, field, old, new, at, user_id, name)
VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp(), nullif($8::bigint, 0), $9) RETURNING at

-- name: revise
UPDATE campaigns SET revision = revision + 1 WHERE account = $1 AND campaign = $2

-- name: history
SELECT id, at, coalesce(user_id, 0), coalesce(token_id, 0), name, what, change FROM audit
WHERE account = $1 AND object = 'campaign' AND object_id = $2 AND ($3::bigint = 0 OR id < $3) ORDER BY id DESC LIMIT $4

-- name: uses
SELECT state FROM campaigns WHERE account = $1 AND campaign = $2 AND launched_at IS NOT NULL

-- name: test_contacts
SELECT contact, phone FROM contacts WHERE account = $1 AND phone = ANY ($2::text[])

-- name: test_contact
INSERT INTO contacts (account, contact, phone, tags, source) VALUES ($1, $2, $3, ARRAY['test'], 'test')
ON CONFLICT (account, phone) DO UPDATE SET phone = excluded.phone RETURNING contact

-- name: test_start
UPDATE campaigns SET state = 'scheduled', start_at = clock_timestamp(), launched_at = clock_timestamp()
WHERE account = $1 AND campaign = $2
