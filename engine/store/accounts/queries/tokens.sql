-- name: token_of
SELECT account, token, name, prefix, scopes, made_by, created_at, expires_at, used_at FROM tokens WHERE secret = $1

-- name: token_used
UPDATE tokens SET used_at = greatest(used_at, $3) WHERE account = $1 AND token = $2

-- name: token_make
INSERT INTO tokens (account, token, secret, name, prefix, scopes, made_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: token_list
SELECT account, token, name, prefix, scopes, made_by, created_at, expires_at, used_at FROM tokens
WHERE account = $1 AND token > $2 ORDER BY token LIMIT $3

-- name: token
SELECT account, token, name, prefix, scopes, made_by, created_at, expires_at, used_at FROM tokens WHERE account = $1 AND token = $2

-- name: token_end
DELETE FROM tokens WHERE account = $1 AND token = $2 RETURNING name

-- name: token_count
SELECT count(*) FROM tokens WHERE account = $1
