-- name: start
INSERT INTO tasks (account, task, kind, name, object, reads, writes, args, user_id, token_id, actor, ip, created_at, beat_at)
VALUES ($1, $2, $3, $4, nullif($5::bigint, 0), $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp())

-- name: set_job
UPDATE tasks SET job = $3 WHERE account = $1 AND task = $2

-- name: get
SELECT task, kind, name, coalesce(object, 0), state, cancelling, step, done, total, result, error_code, error_args, actor,
       created_at, started_at, finished_at, reads, writes
FROM tasks WHERE account = $1 AND task = $2

-- name: list
SELECT task, kind, name, coalesce(object, 0), state, cancelling, step, done, total, result, error_code, error_args, actor,
       created_at, started_at, finished_at, reads, writes
FROM tasks
WHERE account = $1 AND ($2::bigint = 0 OR task < $2) AND ($3 = '' OR kind = $3) AND ($4 = '' OR state = $4)
  AND (reads = '' OR reads = ANY ($5::text[])) AND ($8::bigint = 0 OR object = $8)
  AND NOT EXISTS (SELECT FROM unnest($7::text[]) AS w WHERE strpos(folded(name || ' ' || actor), folded(w)) = 0)
ORDER BY task DESC LIMIT $6

-- name: list_oldest
SELECT task, kind, name, coalesce(object, 0), state, cancelling, step, done, total, result, error_code, error_args, actor,
       created_at, started_at, finished_at, reads, writes
FROM tasks
WHERE account = $1 AND ($2::bigint = 0 OR task > $2) AND ($3 = '' OR kind = $3) AND ($4 = '' OR state = $4)
  AND (reads = '' OR reads = ANY ($5::text[])) AND ($8::bigint = 0 OR object = $8)
  AND NOT EXISTS (SELECT FROM unnest($7::text[]) AS w WHERE strpos(folded(name || ' ' || actor), folded(w)) = 0)
ORDER BY task LIMIT $6

-- name: files
SELECT owner, name, type, size FROM task_files WHERE account = $1 AND owner = ANY ($2::bigint[]) AND complete
ORDER BY owner, name

-- name: kind
SELECT kind FROM tasks WHERE account = $1 AND task = $2 AND state = 'waiting'

-- name: claim
UPDATE tasks SET state = 'running', epoch = epoch + 1, attempts = attempts + 1,
    started_at = coalesce(started_at, clock_timestamp()), beat_at = clock_timestamp()
WHERE account = $1 AND task = $2 AND state = 'waiting'
RETURNING epoch, attempts, kind, args, checkpoint, user_id, token_id, actor, ip, step, done, total, object

-- name: beat
UPDATE tasks SET step = $4, done = $5, total = $6, beat_at = clock_timestamp()
WHERE account = $1 AND task = $2 AND epoch = $3 AND state = 'running'
RETURNING cancelling

-- name: fence
UPDATE tasks SET checkpoint = coalesce($4, checkpoint), beat_at = clock_timestamp()
WHERE account = $1 AND task = $2 AND epoch = $3 AND state = 'running'

-- name: finish
UPDATE tasks SET state = $4, result = $5, error_code = $6, error_args = $7, step = $8, done = $9, total = $10,
    finished_at = clock_timestamp(), checkpoint = NULL
WHERE account = $1 AND task = $2 AND epoch = $3 AND state = 'running'

-- name: requeue
UPDATE tasks SET state = 'waiting', step = $4, done = $5, total = $6, attempts = attempts - $7, beat_at = clock_timestamp()
WHERE account = $1 AND task = $2 AND epoch = $3 AND state = 'running'

-- name: cancel
UPDATE tasks SET cancelling = true,
    state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END,
    finished_at = CASE state WHEN 'waiting' THEN clock_timestamp() END
WHERE account = $1 AND task = $2 AND state IN ('waiting', 'running')

-- The process of a running task has not been seen for $1 milliseconds. The row's epoch goes up when it is taken again.
-- name: abandoned
UPDATE tasks SET state = CASE WHEN attempts >= $2 OR cancelling THEN CASE WHEN cancelling THEN 'cancelled' ELSE 'failed' END ELSE 'waiting' END,
    error_code = CASE WHEN attempts >= $2 AND NOT cancelling THEN 'task_gave_up' END,
    finished_at = CASE WHEN attempts >= $2 OR cancelling THEN clock_timestamp() END,
    epoch = epoch + 1, beat_at = clock_timestamp()
WHERE (account, task) IN (
    SELECT account, task FROM tasks
    WHERE state = 'running' AND beat_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)
    ORDER BY account, task LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING account, task, state

-- A waiting task whose job is gone, because a process died between taking the one and the other.
-- name: forgotten
UPDATE tasks SET beat_at = clock_timestamp()
WHERE (account, task) IN (
    SELECT t.account, t.task FROM tasks t
    WHERE t.state = 'waiting' AND t.beat_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)
      AND NOT EXISTS (SELECT FROM river_job j WHERE j.id = t.job AND j.state IN ('available', 'pending', 'retryable', 'scheduled'))
    ORDER BY t.account, t.task LIMIT 100 FOR UPDATE OF t SKIP LOCKED)
RETURNING account, task, state

-- name: schema
SELECT current_schema()::text

-- name: try_lock
SELECT pg_try_advisory_lock(hashtextextended('kaskad river migrations in ' || current_schema(), 0))

-- name: unlock
SELECT pg_advisory_unlock(hashtextextended('kaskad river migrations in ' || current_schema(), 0))
