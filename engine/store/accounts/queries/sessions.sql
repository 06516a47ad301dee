-- name: visit
SELECT s.session_id, s.user_id, s.account, s.created_at, s.seen_at, s.ip, s.agent, u.email, u.name, m.role
FROM sessions s JOIN users u USING (user_id) JOIN members m ON m.account = s.account AND m.user_id = s.user_id
JOIN accounts a ON a.account = s.account AND a.closed_at IS NULL
WHERE s.secret = $1

-- name: session_seen
UPDATE sessions SET seen_at = greatest(seen_at, $2) WHERE session_id = $1

-- name: session_home
SELECT m.account FROM members m JOIN accounts a ON a.account = m.account AND a.closed_at IS NULL
WHERE m.user_id = $1 AND ($2::bigint = 0 OR m.account = $2) ORDER BY m.joined_at, m.account LIMIT 1

-- name: session_begin
INSERT INTO sessions (secret, session_id, user_id, account, created_at, seen_at, ip, agent)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7)

-- name: session_list
SELECT session_id, created_at, seen_at, ip, agent, secret = $2 FROM sessions
WHERE user_id = $1 AND created_at > $3 AND seen_at > $4
    AND NOT EXISTS (SELECT FROM unnest($5::text[]) AS w WHERE strpos(folded(ip || ' ' || agent), folded(w)) = 0)
ORDER BY secret = $2 DESC, seen_at DESC, session_id LIMIT 1000

-- name: session_end
DELETE FROM sessions WHERE user_id = $1 AND session_id = $2

-- name: session_end_by_digest
DELETE FROM sessions WHERE secret = $1

-- name: session_end_others
DELETE FROM sessions WHERE user_id = $1 AND secret <> $2

-- name: session_switch
UPDATE sessions s SET account = $2
WHERE s.secret = $1 AND EXISTS (SELECT 1 FROM members m JOIN accounts a ON a.account = m.account AND a.closed_at IS NULL
                               WHERE m.account = $2 AND m.user_id = s.user_id)

-- name: session_end_in
DELETE FROM sessions WHERE user_id = $1 AND account = $2

-- name: attempt_begin
INSERT INTO attempts (subject, failed, last_at, free_at) SELECT u, 0, $2, '1970-01-01Z'::timestamptz FROM unnest($1::bytea[]) AS u ORDER BY u
ON CONFLICT (subject) DO NOTHING

-- name: attempt_lock
SELECT subject, CASE WHEN last_at < $2 THEN 0 ELSE failed END, free_at FROM attempts WHERE subject = ANY ($1::bytea[])
ORDER BY subject FOR UPDATE

-- name: attempt_count
UPDATE attempts SET failed = $2, last_at = $3, free_at = $4 WHERE subject = $1

-- name: attempt_forget
DELETE FROM attempts WHERE subject = $1

-- name: attempt_back
UPDATE attempts SET failed = greatest(failed - 1, 0), free_at = '1970-01-01Z' WHERE subject = $1

-- name: credential_by_email
SELECT user_id, email, coalesce(password, '') FROM users WHERE email = $1

-- name: credential_by_user
SELECT user_id, email, coalesce(password, '') FROM users WHERE user_id = $1
