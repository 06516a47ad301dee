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
