-- name: account
SELECT account, name, zone, country, language, stop_words, send_window, cap_day, cap_week, created_at FROM accounts WHERE account = $1

-- name: account_lock
SELECT account, name, zone, country, language, stop_words, send_window, cap_day, cap_week, created_at FROM accounts WHERE account = $1
FOR UPDATE

-- name: account_change
UPDATE accounts SET name = $2, zone = $3, country = $4, language = $5, stop_words = $6, send_window = $7, cap_day = $8, cap_week = $9
WHERE account = $1

-- name: account_add
INSERT INTO accounts (account, name, zone, country, language) VALUES ($1, $2, $3, $4, $5)

-- name: audit_search
-- $9 is the cursor: older lines have lower ids.
SELECT id, at, coalesce(user_id, 0), coalesce(token_id, 0), name, ip, what, object, coalesce(object_id, 0), change FROM audit
WHERE account = $1 AND ($2::bigint = 0 OR user_id = $2) AND ($3::bigint = 0 OR token_id = $3)
    AND ($4::text = '' OR what = $4 OR what ^@ ($4 || '.')) AND ($5::text = '' OR object = $5)
    AND ($6::bigint = 0 OR object_id = $6) AND ($7::timestamptz IS NULL OR at >= $7) AND ($8::timestamptz IS NULL OR at < $8)
    AND ($9::bigint = 0 OR id < $9)
ORDER BY id DESC LIMIT $10

-- name: closing
-- Nobody launches meanwhile: see refuse_launch_in_closed.
SELECT name FROM accounts WHERE account = $1 AND closed_at IS NULL FOR UPDATE

-- name: under_way
-- Campaigns that send, are going to, or are being launched.
SELECT c.campaign, c.name FROM campaigns c
WHERE c.account = $1 AND (c.state IN ('scheduled', 'running', 'paused', 'finishing')
    OR c.launching <> '' AND EXISTS (SELECT FROM tasks t WHERE t.account = c.account AND t.task = c.launch_task
                                     AND t.state IN ('waiting', 'running')))
ORDER BY c.created_at DESC, c.campaign DESC LIMIT 1000

-- name: close
UPDATE accounts SET closed_at = $2, closed_by = $3 WHERE account = $1

-- name: close_tasks
UPDATE tasks SET cancelling = true,
    state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END,
    finished_at = CASE state WHEN 'waiting' THEN clock_timestamp() END
WHERE account = $1 AND state IN ('waiting', 'running')

-- name: close_sessions
DELETE FROM sessions WHERE account = $1

-- name: closed
SELECT account, name, closed_at, closed_by FROM accounts WHERE closed_at IS NOT NULL AND (name = $1 OR account::text = $1)
ORDER BY closed_at DESC, account DESC FOR UPDATE

-- name: reopen
UPDATE accounts SET closed_at = NULL, closed_by = '' WHERE account = $1

-- name: is_closed
SELECT closed_at IS NOT NULL FROM accounts WHERE account = $1
