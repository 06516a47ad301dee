-- name: campaign
SELECT c.version, v.document, c.name, c.tags, c.state, c.zone, c.send_window, c.start_at, c.end_at, coalesce(c.rate, 0),
       c.connection, a.stop_words, c.hurry, c.revision, NOT c.test AND coalesce(a.cap_day, a.cap_week) IS NOT NULL, c.advertising, c.kind = 'open'
FROM campaigns c
JOIN versions v ON v.account = c.account AND v.version = c.version
JOIN accounts a ON a.account = c.account
WHERE c.account = $1 AND c.campaign = $2

-- name: states
SELECT c.account, c.campaign, c.state, c.revision, NOT c.test AND coalesce(a.cap_day, a.cap_week) IS NOT NULL
FROM unnest($1::bigint[], $2::bigint[]) AS u(account, campaign)
JOIN campaigns c ON c.account = u.account AND c.campaign = u.campaign
JOIN accounts a ON a.account = c.account

-- name: corrections
SELECT node, field, old, new FROM corrections WHERE account = $1 AND campaign = $2 ORDER BY correction

-- name: start_due
UPDATE campaigns SET state = 'running' WHERE state = 'scheduled' AND start_at <= clock_timestamp()

-- name: finish
UPDATE campaigns c
SET state = CASE c.state WHEN 'cancelled' THEN 'cancelled' ELSE 'finished' END, finished_at = clock_timestamp()
WHERE c.state IN ('running', 'paused', 'cancelled') AND c.finished_at IS NULL
  AND (c.kind = 'closed' OR (c.closed_at IS NOT NULL OR c.state = 'cancelled')
       AND NOT EXISTS (SELECT FROM segments s WHERE s.account = c.account AND s.campaign = c.campaign
                       AND (SELECT true FROM entries e
                            WHERE e.account = s.account AND e.campaign = s.campaign AND e.segment = s.segment AND e.xid >= s.applied
                              AND (SELECT true FROM recipients r WHERE r.account = e.account AND r.campaign = e.campaign
                                   AND r.ordinal = e.ordinal) IS NULL
                            ORDER BY e.account, e.campaign, e.segment, e.xid LIMIT 1) IS NOT NULL))
  AND NOT EXISTS (SELECT FROM segments s WHERE s.account = c.account AND s.campaign = c.campaign AND s.open > 0)

-- name: beat
INSERT INTO processes AS p (process, workers, pids, started, seen_at, format)
VALUES ($1, $2, $3::integer[], $4::timestamptz[], clock_timestamp(), $5)
ON CONFLICT (process) DO UPDATE SET workers = excluded.workers, pids = excluded.pids, started = excluded.started,
    seen_at = excluded.seen_at, format = excluded.format

-- name: beat_silent
-- Connections that bear its name, see applicationName, and the sessions that it told of.
SELECT pg_terminate_backend(a.pid)
FROM processes p JOIN pg_stat_activity a
  ON a.datname = current_database()
 AND (right(a.application_name, 16) = left(encode(sha256(convert_to(p.process, 'UTF8')), 'hex'), 16)
      OR EXISTS (SELECT FROM unnest(p.pids, p.started) AS s(pid, started) WHERE a.pid = s.pid AND a.backend_start = s.started))
WHERE p.seen_at < clock_timestamp() - $1::interval

-- name: beat_gone
-- A silent process is forgotten once its connections have ended.
DELETE FROM processes p
WHERE p.seen_at < clock_timestamp() - $1::interval
  AND NOT EXISTS (
      SELECT FROM pg_stat_activity a
      WHERE a.datname = current_database()
        AND (right(a.application_name, 16) = left(encode(sha256(convert_to(p.process, 'UTF8')), 'hex'), 16)
             OR EXISTS (SELECT FROM unnest(p.pids, p.started) AS s(pid, started) WHERE a.pid = s.pid AND a.backend_start = s.started)))

-- name: beat_count
SELECT (SELECT coalesce(sum(workers), 0)::bigint FROM processes WHERE seen_at >= clock_timestamp() - $1::interval),
       (SELECT count(*) FROM (
           SELECT account, campaign, segment FROM segments WHERE due <= clock_timestamp() AND open > 0
           UNION SELECT account, campaign, segment FROM wakes) s),
       -- Half of the lock table: the rest is for everything else in the server.
       current_setting('max_locks_per_transaction')::bigint
           * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint) / 2

-- name: session_opened
UPDATE processes SET pids = pids || $2::integer, started = started || $3::timestamptz WHERE process = $1

-- name: leave
DELETE FROM processes WHERE process = $1
