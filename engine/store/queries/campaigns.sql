-- name: campaign
SELECT c.version, v.document, c.name, c.tags, c.state, c.zone, c.send_window, c.start_at, c.end_at, coalesce(c.rate, 0),
       c.connection, a.stop_words, c.hurry
FROM campaigns c
JOIN versions v ON v.account = c.account AND v.version = c.version
JOIN accounts a ON a.account = c.account
WHERE c.account = $1 AND c.campaign = $2

-- name: states
SELECT c.account, c.campaign, c.state
FROM unnest($1::bigint[], $2::bigint[]) AS u(account, campaign)
JOIN campaigns c ON c.account = u.account AND c.campaign = u.campaign

-- name: start_due
UPDATE campaigns SET state = 'running' WHERE state = 'scheduled' AND start_at <= clock_timestamp()

-- name: finish
UPDATE campaigns c
SET state = CASE c.state WHEN 'cancelled' THEN 'cancelled' ELSE 'finished' END, finished_at = clock_timestamp()
WHERE c.state IN ('running', 'paused', 'cancelled') AND c.finished_at IS NULL
  AND NOT EXISTS (SELECT FROM segments s WHERE s.account = c.account AND s.campaign = c.campaign AND s.open > 0)

-- name: beat
INSERT INTO processes AS p (process, workers, pids, started, seen_at, format)
VALUES ($1, $2, $3::integer[], $4::timestamptz[], clock_timestamp(), $5)
ON CONFLICT (process) DO UPDATE SET workers = excluded.workers, pids = excluded.pids, started = excluded.started,
    seen_at = excluded.seen_at, format = excluded.format

-- name: beat_silent
SELECT pg_terminate_backend(a.pid)
FROM processes p, unnest(p.pids, p.started) AS s(pid, started)
JOIN pg_stat_activity a ON a.pid = s.pid AND a.backend_start = s.started
WHERE p.seen_at < clock_timestamp() - $1::interval

-- name: beat_gone
-- A silent process is forgotten once its sessions have ended.
DELETE FROM processes p
WHERE p.seen_at < clock_timestamp() - $1::interval
  AND NOT EXISTS (SELECT FROM unnest(p.pids, p.started) AS s(pid, started)
                  JOIN pg_stat_activity a ON a.pid = s.pid AND a.backend_start = s.started)

-- name: beat_count
SELECT (SELECT coalesce(sum(workers), 0)::bigint FROM processes WHERE seen_at >= clock_timestamp() - $1::interval),
       (SELECT count(*) FROM (
           SELECT account, campaign, segment FROM segments WHERE due <= clock_timestamp() AND open > 0
           UNION SELECT account, campaign, segment FROM wakes) s)

-- name: session_opened
UPDATE processes SET pids = pids || $2::integer, started = started || $3::timestamptz WHERE process = $1

-- name: leave
DELETE FROM processes WHERE process = $1
