-- name: session_identity
SELECT pid, backend_start, pg_postmaster_start_time() FROM pg_stat_activity WHERE pid = pg_backend_pid()

-- name: session_shard
SELECT set_config('kaskad.shard', (
    SELECT n::text FROM generate_series(0, 32767) AS n
    WHERE pg_try_advisory_lock(hashtext(current_schema()::text || '/shard'), n) LIMIT 1), false)

-- name: claim_lock
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
held AS MATERIALIZED (
    SELECT (classid::bigint << 32) | objid::bigint AS lock FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
),
candidate AS (
    SELECT s.account, s.campaign, s.segment, s.due FROM segments s, clock
    WHERE s.due <= clock.now + $2::interval AND s.open > 0
    UNION ALL
    SELECT w.account, w.campaign, w.segment, clock.now
    FROM (SELECT DISTINCT account, campaign, segment FROM wakes) w, clock
),
named AS (
    SELECT account, campaign, segment, min(due) AS due, segment_lock(account, campaign, segment) AS lock
    FROM candidate GROUP BY account, campaign, segment
)
SELECT account, campaign, segment, lock FROM (
    SELECT n.account, n.campaign, n.segment, n.lock
    FROM clock, named n
    JOIN campaigns c ON c.account = n.account AND c.campaign = n.campaign
    JOIN versions v ON v.account = c.account AND v.version = c.version
    WHERE (c.state IN ('running', 'paused', 'cancelled', 'finished') OR c.state = 'scheduled' AND c.start_at <= clock.now + $2::interval)
      AND v.format <= $3::smallint
      AND n.lock NOT IN (SELECT lock FROM held)
    ORDER BY n.due LIMIT $1::bigint
) free
WHERE pg_try_advisory_lock(lock)

-- name: claim_take
UPDATE segments s
SET epoch = s.epoch + 1, holder = $5::text, due = CASE WHEN s.open > 0 THEN least(s.due, u.now) END
FROM (SELECT account, campaign, segment, clock_timestamp() AS now
      FROM unnest($1::bigint[], $2::bigint[], $3::integer[]) AS u(account, campaign, segment)) u
WHERE s.account = u.account AND s.campaign = u.campaign AND s.segment = u.segment
  AND (s.open > 0 AND s.due <= u.now + $4::interval
       OR EXISTS (SELECT FROM wakes w WHERE w.account = s.account AND w.campaign = s.campaign AND w.segment = s.segment))
RETURNING s.account, s.campaign, s.segment, s.epoch, s.applied,
    (SELECT c.revision FROM campaigns c WHERE c.account = s.account AND c.campaign = s.campaign)

-- name: claim_recipients
SELECT r.account, r.campaign, r.ordinal, r.contact, r.zone, r.node, r.phase, r.outcome, r.attempt, r.key, r.unsure,
       r.facts, r.entered_at, r.launched_at, r.accepted_at, r.wake_at, r.heard
FROM unnest($1::bigint[], $2::bigint[], $3::integer[]) AS u(account, campaign, segment)
JOIN recipients r ON r.account = u.account AND r.campaign = u.campaign
 AND r.ordinal >= u.segment::bigint * 10000 AND r.ordinal < (u.segment::bigint + 1) * 10000
WHERE r.phase <> 7

-- name: claim_aside
SELECT a.account, a.campaign, a.ordinal
FROM unnest($1::bigint[], $2::bigint[], $3::integer[]) AS u(account, campaign, segment)
JOIN set_aside a ON a.account = u.account AND a.campaign = u.campaign
 AND a.ordinal >= u.segment::bigint * 10000 AND a.ordinal < (u.segment::bigint + 1) * 10000

-- name: unlock
SELECT pg_advisory_unlock(lock) FROM unnest($1::bigint[]) AS lock

-- name: release_wakes
DELETE FROM wakes WHERE account = $1 AND campaign = $2 AND segment = $3

-- name: release
-- ORDER BY: by the tails, as in tick_events.
WITH tail AS MATERIALIZED (
    SELECT (SELECT true FROM answers a
            WHERE a.account = $1 AND a.campaign = $2 AND a.segment = $3 AND a.xid >= $5::xid8
            ORDER BY a.account, a.campaign, a.segment, a.xid LIMIT 1) IS NOT NULL
        OR (SELECT true FROM facts f
            WHERE f.account = $1 AND f.campaign = $2 AND f.segment = $3 AND f.xid >= $5::xid8 AND NOT f.implied
            ORDER BY f.account, f.campaign, f.segment, f.xid LIMIT 1) IS NOT NULL
        OR (SELECT true FROM entries e
            WHERE e.account = $1 AND e.campaign = $2 AND e.segment = $3 AND e.xid >= $5::xid8
            ORDER BY e.account, e.campaign, e.segment, e.xid LIMIT 1) IS NOT NULL AS unread
),
done AS (
    UPDATE segments SET holder = NULL, applied = greatest(applied, $5::xid8),
        due = CASE WHEN open > 0 THEN $6::timestamptz END
    WHERE account = $1 AND campaign = $2 AND segment = $3 AND epoch = $4 AND NOT (SELECT unread FROM tail)
    RETURNING 1
)
SELECT unread, EXISTS (SELECT FROM done), segment_lock($1, $2, $3) FROM tail

-- name: release_terms
-- After the segment's row: nobody waits here who is waited for. A campaign that is being changed is passed over.
SELECT revision FROM campaigns WHERE account = $1 AND campaign = $2 FOR SHARE SKIP LOCKED
