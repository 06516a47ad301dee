-- name: token_of
SELECT t.account, t.token, t.name, t.prefix, t.scopes, t.made_by, t.created_at, t.expires_at, t.used_at
FROM tokens t JOIN accounts a ON a.account = t.account AND a.closed_at IS NULL WHERE t.secret = $1

-- name: token_used
UPDATE tokens SET used_at = greatest(used_at, $3) WHERE account = $1 AND token = $2

-- name: token_make
INSERT INTO tokens (account, token, secret, name, prefix, scopes, made_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: token_list
SELECT account, token, name, prefix, scopes, made_by, created_at, expires_at, used_at FROM tokens
WHERE account = $1 AND ($3::text = '' OR coalesce(expires_at > $4, true) = ($3 = 'open')) AND ($5::text = '' OR $5 = ANY (scopes))
    AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS w WHERE strpos(folded(name || ' ' || prefix), folded(w)) = 0)

-- name: token
SELECT account, token, name, prefix, scopes, made_by, created_at, expires_at, used_at FROM tokens WHERE account = $1 AND token = $2

-- name: token_end
DELETE FROM tokens WHERE account = $1 AND token = $2 RETURNING name

-- name: token_count
SELECT count(*) FROM tokens WHERE account = $1
