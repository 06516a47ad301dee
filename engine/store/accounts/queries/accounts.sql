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
-- $9 is the cursor: older lines have lower ids. $11 are the words, as a tsquery; empty: any.
SELECT id, at, coalesce(user_id, 0), coalesce(token_id, 0), name, ip, what, object, coalesce(object_id, 0), change FROM audit
WHERE account = $1 AND ($2::bigint = 0 OR user_id = $2) AND ($3::bigint = 0 OR token_id = $3)
    AND ($4::text = '' OR what = $4 OR what ^@ ($4 || '.')) AND ($5::text = '' OR object = $5)
    AND ($6::bigint = 0 OR object_id = $6) AND ($7::timestamptz IS NULL OR at >= $7) AND ($8::timestamptz IS NULL OR at < $8)
    AND ($9::bigint = 0 OR id < $9)
    AND ($11::text = '' OR audit_words(account, name, ip, what, object, object_id, change) @@ $11::text::tsquery)
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
SELECT account, name, closed_at, closed_by, erasing_at IS NOT NULL FROM accounts WHERE closed_at IS NOT NULL AND (name = $1 OR account::text = $1)
ORDER BY closed_at DESC, account DESC FOR UPDATE

-- name: reopen
UPDATE accounts SET closed_at = NULL, closed_by = '' WHERE account = $1

-- name: is_closed
SELECT closed_at IS NOT NULL FROM accounts WHERE account = $1

-- name: closed_long
SELECT account FROM accounts WHERE closed_at <= $1 AND erased_at IS NULL ORDER BY closed_at, account LIMIT 100

-- name: erasing
-- Whoever opens it again waits, or has done it before.
SELECT erasing_at IS NOT NULL FROM accounts WHERE account = $1 AND closed_at <= $2 AND erased_at IS NULL FOR UPDATE

-- name: begin_erasing
UPDATE accounts SET erasing_at = $2 WHERE account = $1

-- name: erased_figures
-- What was sent and what came of it, of everybody together.
SELECT what, sum(n)::bigint FROM counters WHERE account = $1 AND what NOT LIKE 'link:%' GROUP BY what
UNION ALL
SELECT 'campaigns', count(*) FROM campaigns WHERE account = $1
UNION ALL
SELECT 'recipients', coalesce(sum(recipients), 0)::bigint FROM campaigns WHERE account = $1

-- name: erased_stages
SELECT 'import_stage_' || import FROM imports
WHERE account = $1 AND to_regclass('import_stage_' || import) IS NOT NULL ORDER BY import

-- name: erase_keys
-- What a table's primary key has after the account, with its types.
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = $1::regclass AND i.indisprimary AND a.attname <> 'account'
ORDER BY array_position(i.indkey::smallint[], a.attnum)

-- name: erase_rows
-- A page of the table %[1]s behind the keys $3: %[2]s are those of the row, %[3]s those of $3, %[4]s the order. Page after page by
-- the key, because whoever begins at the first row each time walks over all that is deleted already. Tells how many rows there
-- were, how many went, and where the page ends.
WITH page AS MATERIALIZED (
    SELECT ctid AS at, row_number() OVER (ORDER BY %[4]s) AS n, ARRAY[%[2]s]::text[] AS key FROM (
        SELECT ctid, * FROM %[1]s WHERE account = $1 AND ($3::text[] IS NULL OR (account, %[4]s) > ($1, %[3]s)) %[5]s
        ORDER BY account, %[4]s LIMIT $2) x
), gone AS (
    DELETE FROM %[1]s WHERE account = $1 AND ctid = ANY (ARRAY(SELECT at FROM page)) RETURNING 1
)
SELECT (SELECT count(*) FROM page), (SELECT count(*) FROM gone), (SELECT key FROM page ORDER BY n DESC LIMIT 1)

-- name: end_erasing
UPDATE accounts SET erased_at = $2, stop_words = NULL, send_window = NULL WHERE account = $1 AND erasing_at IS NOT NULL AND erased_at IS NULL
RETURNING name

-- name: erased_members
-- In the order in which everybody locks users; a membership elsewhere that is being made waits.
WITH gone AS (
    DELETE FROM members WHERE account = $1 RETURNING user_id
)
SELECT u.user_id FROM users u JOIN gone g USING (user_id) ORDER BY u.user_id FOR UPDATE OF u

-- name: erase_users
DELETE FROM users u WHERE u.user_id = ANY ($1::bigint[]) AND NOT EXISTS (SELECT FROM members m WHERE m.user_id = u.user_id)
