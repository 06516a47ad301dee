-- One upload of an account at a time, so that its files together stay within their bound. Launches need the row less.
-- name: lock_account
SELECT FROM accounts WHERE account = $1 FOR NO KEY UPDATE

-- name: columns
SELECT file, name, kind, type, size, encode(digest, 'hex'), made_by, made_at FROM files

-- name: only_digest
WHERE account = $1 AND digest = $2

-- name: only_file
WHERE account = $1 AND file = $2

-- name: only_mark
WHERE account = $1 AND mark = $2
  AND NOT EXISTS (SELECT FROM accounts a WHERE a.account = $1 AND a.closed_at IS NOT NULL)

-- name: only_names
WHERE account = $1 AND name = ANY ($2::text[])

-- name: only_asked
WHERE account = $1 AND ($2 = '' OR kind = $2)
  AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS w WHERE strpos(folded(name), folded(w)) = 0)

-- name: used
SELECT coalesce(sum(size), 0)::bigint FROM files WHERE account = $1

-- name: taken
SELECT EXISTS (SELECT FROM files WHERE account = $1 AND name = $2)

-- name: add
INSERT INTO files (account, file, name, mark, kind, type, size, digest, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: add_part
INSERT INTO file_parts (account, file, part, bytes) VALUES ($1, $2, $3, $4)

-- name: part
SELECT bytes FROM file_parts WHERE account = $1 AND file = $2 AND part = $3

-- name: lock
SELECT name FROM files WHERE account = $1 AND file = $2 FOR UPDATE

-- The names of schemes that use a file, in a version or a draft. $3 are the forms in which a document may write its name.
-- name: users
SELECT name FROM (
    SELECT v.name FROM version_files u JOIN versions v USING (account, version) WHERE u.account = $1 AND u.file = $2
    UNION
    SELECT s.name FROM schemes s WHERE s.account = $1
        AND EXISTS (SELECT FROM unnest($3::text[]) AS w WHERE strpos(s.draft, w) > 0)) AS n
ORDER BY name LIMIT 4

-- name: delete
DELETE FROM files WHERE account = $1 AND file = $2
