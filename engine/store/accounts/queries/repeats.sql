-- name: repeat_begin
-- A request that never ended, since its process did, may be made again after a while.
INSERT INTO repeats AS r (account, key, operation, request, begun_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account, key) DO UPDATE SET operation = excluded.operation, request = excluded.request, begun_at = excluded.begun_at,
    answer = NULL
WHERE r.begun_at <= $6 OR r.answer IS NULL AND r.begun_at <= $7
RETURNING true

-- name: repeat_read
SELECT operation, request, answer FROM repeats WHERE account = $1 AND key = $2

-- name: repeat_keep
UPDATE repeats SET answer = $4 WHERE account = $1 AND key = $2 AND operation = $3 AND answer IS NULL

-- name: repeat_free
DELETE FROM repeats WHERE account = $1 AND key = $2 AND operation = $3 AND answer IS NULL

-- name: tidy_repeats
DELETE FROM repeats WHERE ctid = ANY (ARRAY(SELECT ctid FROM repeats WHERE begun_at < $1 LIMIT 10000))

-- name: tidy_attempts
DELETE FROM attempts WHERE last_at < $1

-- name: tidy_sessions
DELETE FROM sessions WHERE created_at < $1 OR seen_at < $2

-- name: tidy_resets
DELETE FROM resets WHERE expires_at < $1

-- name: tidy_invitations
DELETE FROM invitations WHERE expires_at < $1
