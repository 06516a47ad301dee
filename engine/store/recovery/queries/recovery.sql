-- name: others
-- Sessions of workers that are still connected.
SELECT count(*) FROM processes p, unnest(p.pids, p.started) AS s(pid, started)
JOIN pg_stat_activity a ON a.pid = s.pid AND a.backend_start = s.started

-- name: pause
-- A repeated campaign stays scheduled and is held in its other table, as when a person pauses it.
WITH series AS (
    UPDATE repetitions SET held = true WHERE NOT held AND next_at IS NOT NULL RETURNING account, campaign
),
chosen AS (
    SELECT c.account, c.campaign, c.name, c.state, s.campaign IS NOT NULL AS repeated,
           CASE a.language WHEN 'ru' THEN $1::text ELSE $2::text END AS note
    FROM campaigns c
    JOIN accounts a ON a.account = c.account
    LEFT JOIN repetitions p ON p.account = c.account AND p.campaign = c.campaign
    LEFT JOIN series s ON s.account = c.account AND s.campaign = c.campaign
    WHERE c.state IN ('scheduled', 'running') AND (p.campaign IS NULL OR s.campaign IS NOT NULL)
),
paused AS (
    UPDATE campaigns c
    SET state = CASE WHEN x.repeated THEN c.state ELSE 'paused' END, note = x.note, revision = c.revision + 1
    FROM chosen x WHERE c.account = x.account AND c.campaign = x.campaign
)
SELECT x.account, x.campaign, x.name, x.state,
       (SELECT coalesce(sum(s.open), 0)::bigint FROM segments s WHERE s.account = x.account AND s.campaign = x.campaign), x.note
FROM chosen x ORDER BY x.account, x.campaign

-- name: give_up_launches
-- Its task finds that another one was ordered; the next launch wipes what there is of it.
UPDATE campaigns SET launch_task = NULL WHERE launched_at IS NULL AND launch_task IS NOT NULL AND state = 'draft'

-- name: end_sessions
DELETE FROM sessions

-- name: end_links
DELETE FROM resets

-- name: forget_processes
DELETE FROM processes

-- name: migrated
SELECT to_regclass('goose_db_version') IS NOT NULL

-- name: schema
SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied

-- name: sorted_otherwise
SELECT datname, datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid) AND datcollversion IS NOT NULL
FROM pg_database WHERE datname = current_database()
