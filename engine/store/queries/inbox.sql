-- name: answers
WITH at AS MATERIALIZED (SELECT recorded() AS now),
new AS (
    INSERT INTO answers (account, connection, provider_id, campaign, segment, ordinal, node, attempt, recorded_at)
    SELECT u.account, u.connection, u.provider_id, u.campaign, u.ordinal / 10000, u.ordinal, u.node, u.attempt, at.now
    FROM at, unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::smallint[], $7::smallint[])
        AS u(account, connection, provider_id, campaign, ordinal, node, attempt)
    ON CONFLICT DO NOTHING
    RETURNING account, campaign, segment, node
),
counted AS (
    INSERT INTO counters AS c (account, campaign, shard, node, what, n)
    SELECT account, campaign, current_setting('kaskad.shard')::smallint, node, 'accepted', count(*)
    FROM new GROUP BY account, campaign, node ORDER BY account, campaign, node
    ON CONFLICT (account, campaign, shard, node, what) DO UPDATE SET n = c.n + excluded.n
)
SELECT account, campaign, segment, count(*) FROM new GROUP BY account, campaign, segment

-- name: facts
-- A fact that was only implied so far becomes a real one: the tail gives it to the interpreter, and it counts once.
WITH at AS MATERIALIZED (SELECT recorded() AS now),
new AS (
    INSERT INTO facts AS f (account, campaign, segment, ordinal, node, attempt, fact, value, unique_by, scope, implied,
        recorded_at, provider_at)
    SELECT u.account, u.campaign, u.ordinal / 10000, u.ordinal, u.node, u.attempt, u.fact, u.value, u.unique_by,
        u.scope, u.implied, at.now + u.later * interval '1 microsecond', u.provider_at
    FROM at, unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::integer[], $7::text[],
            $8::text[], $9::smallint[], $10::boolean[], $11::integer[], $12::timestamptz[])
        AS u(account, campaign, ordinal, node, attempt, fact, value, unique_by, scope, implied, later, provider_at)
    ON CONFLICT (account, campaign, ordinal, node, attempt, fact, unique_by) DO UPDATE
        SET implied = false, value = excluded.value, scope = excluded.scope, recorded_at = excluded.recorded_at,
            provider_at = excluded.provider_at, xid = excluded.xid
        WHERE f.implied AND NOT excluded.implied
    RETURNING account, campaign, segment, node, fact, value, implied, xmax = 0 AS fresh
),
counted AS (
    INSERT INTO counters AS c (account, campaign, shard, node, what, n)
    SELECT n.account, n.campaign, current_setting('kaskad.shard')::smallint, n.node,
        CASE WHEN n.value ~ '^[0-9*#]$' AND w.what = 'ivr' THEN 'ivr:' || n.value ELSE w.what END AS what, count(*)
    FROM new n JOIN unnest($13::integer[], $14::text[]) AS w(fact, what) ON w.fact = n.fact
    WHERE n.fresh
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (account, campaign, shard, node, what) DO UPDATE SET n = c.n + excluded.n
)
SELECT account, campaign, segment, count(*) FILTER (WHERE NOT implied) FROM new GROUP BY account, campaign, segment

-- name: facts_new
-- Of facts that are known of nobody: a repeat fails it. It takes a third of the time of `facts`, and what they count in is
-- counted by the process.
WITH at AS MATERIALIZED (SELECT recorded() AS now)
INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, value, unique_by, scope, implied, recorded_at,
    provider_at)
SELECT u.account, u.campaign, u.ordinal / 10000, u.ordinal, u.node, u.attempt, u.fact, u.value, u.unique_by,
    u.scope, u.implied, at.now + u.later * interval '1 microsecond', u.provider_at
FROM at, unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::integer[], $7::text[],
        $8::text[], $9::smallint[], $10::boolean[], $11::integer[], $12::timestamptz[])
    AS u(account, campaign, ordinal, node, attempt, fact, value, unique_by, scope, implied, later, provider_at)

-- name: recorded
SELECT recorded()

-- name: facts_there
-- OFFSET 0 here and below keeps the planner from going the other way round, from all rows of the table to the array: it
-- would where it remembers the table as empty, and cost the square of the rows.
SELECT u.place, f.implied
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::integer[], $7::text[])
    WITH ORDINALITY AS u(account, campaign, ordinal, node, attempt, fact, unique_by, place)
CROSS JOIN LATERAL (
    SELECT f.implied FROM facts f
    WHERE f.account = u.account AND f.campaign = u.campaign AND f.ordinal = u.ordinal AND f.node = u.node
      AND f.attempt = u.attempt AND f.fact = u.fact AND f.unique_by = u.unique_by OFFSET 0
) f

-- name: answers_copy
COPY answers (account, connection, provider_id, campaign, segment, ordinal, node, attempt, recorded_at)
FROM STDIN (FORMAT binary)

-- name: facts_copy
COPY facts (account, campaign, segment, ordinal, node, attempt, fact, value, unique_by, scope, implied, recorded_at,
    provider_at)
FROM STDIN (FORMAT binary)

-- name: wake
-- A segment has one wake as a rule. Whoever relies on one that is there locks it: Release deletes wakes first and looks
-- for the unread after that, so it waits for this transaction and sees its rows. ORDER BY: by the tails, as in
-- tick_events, which takes a range; another's later rows may wake a segment once more, which does no harm. $4: there is
-- something new in each for certain.
WITH new AS MATERIALIZED (
    SELECT u.account, u.campaign, u.segment
    FROM unnest($1::bigint[], $2::bigint[], $3::integer[]) AS u(account, campaign, segment)
    WHERE $4 OR (SELECT true FROM facts f
           WHERE f.account = u.account AND f.campaign = u.campaign AND f.segment = u.segment
             AND f.xid >= pg_current_xact_id() AND NOT f.implied
           ORDER BY f.account, f.campaign, f.segment, f.xid LIMIT 1) IS NOT NULL
       OR (SELECT true FROM answers a
           WHERE a.account = u.account AND a.campaign = u.campaign AND a.segment = u.segment
             AND a.xid >= pg_current_xact_id()
           ORDER BY a.account, a.campaign, a.segment, a.xid LIMIT 1) IS NOT NULL
),
there AS MATERIALIZED (
    SELECT w.account, w.campaign, w.segment
    FROM new n JOIN wakes w ON w.account = n.account AND w.campaign = n.campaign AND w.segment = n.segment
    FOR KEY SHARE OF w
)
INSERT INTO wakes (account, campaign, segment)
SELECT account, campaign, segment FROM new EXCEPT SELECT account, campaign, segment FROM there

-- name: notify
-- After the commit, in a transaction of its own that waits for no disk: those that notify commit one after another. Who
-- is not told looks within a quarter of a second all the same.
SELECT pg_notify('kaskad_facts', '')

-- name: unknown
INSERT INTO unknown_facts AS k (account, connection, provider_id, fact, value, unique_by, scope, provider_at, recorded_at, times)
SELECT u.account, u.connection, u.provider_id, u.fact, u.value, u.unique_by, u.scope, u.provider_at, recorded(), u.times
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::smallint[],
        $8::timestamptz[], $9::bigint[])
    AS u(account, connection, provider_id, fact, value, unique_by, scope, provider_at, times)
ON CONFLICT (account, connection, provider_id, fact, unique_by) DO UPDATE SET times = k.times + excluded.times

-- name: unknown_known
DELETE FROM unknown_facts k
USING unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::text[])
    AS u(account, connection, provider_id, fact, unique_by)
WHERE k.account = u.account AND k.connection = u.connection AND k.provider_id = u.provider_id AND k.fact = u.fact
  AND k.unique_by = u.unique_by

-- name: by_provider
SELECT u.place, a.account, a.campaign, a.ordinal, a.node, a.attempt
FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS u(account, connection, provider_id, place)
CROSS JOIN LATERAL (
    SELECT a.account, a.campaign, a.ordinal, a.node, a.attempt FROM answers a
    WHERE a.account = u.account AND a.connection = u.connection AND a.provider_id = u.provider_id OFFSET 0
) a

-- name: by_key
SELECT u.place
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[]) WITH ORDINALITY
    AS u(account, campaign, ordinal, node, attempt, place)
CROSS JOIN LATERAL (
    SELECT FROM messages m
    WHERE m.account = u.account AND m.campaign = u.campaign AND m.ordinal = u.ordinal AND m.node = u.node
      AND m.attempt = u.attempt OFFSET 0
) m

-- name: calling
-- Recipients that wait for a webhook at this block. $5 is of no use here: a call has one attempt.
SELECT u.place
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[]) WITH ORDINALITY
    AS u(account, campaign, ordinal, node, attempt, place)
CROSS JOIN LATERAL (
    SELECT FROM recipients r
    WHERE r.account = u.account AND r.campaign = u.campaign AND r.ordinal = u.ordinal AND r.node = u.node AND r.phase = 6 OFFSET 0
) r

-- name: waiting_for
-- Facts that came before these answers.
SELECT k.account, k.connection, k.provider_id, k.fact, k.value, k.unique_by, k.scope, k.provider_at
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u(account, connection, provider_id)
CROSS JOIN LATERAL (
    SELECT * FROM unknown_facts k
    WHERE k.account = u.account AND k.connection = u.connection AND k.provider_id = u.provider_id OFFSET 0
) k
LIMIT 10000

-- name: rematch
-- An answer finds the facts that waited for it; what is left are those whose transaction and the answer's ran at the
-- same time, so only recent ones are looked at.
SELECT k.account, k.connection, k.provider_id, k.fact, k.value, k.unique_by, k.scope, k.provider_at
FROM unknown_facts k
JOIN answers a ON a.account = k.account AND a.connection = k.connection AND a.provider_id = k.provider_id
WHERE k.recorded_at > clock_timestamp() - interval '1 hour'
ORDER BY k.recorded_at LIMIT 10000
