-- name: add
INSERT INTO imports (account, import, kind, name, size, format, heads, settings, actor, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: get
SELECT import, kind, name, size, format, heads, settings, coalesce(task, 0), actor, created_at, started_at
FROM imports WHERE account = $1 AND import = $2

-- name: get_locked
SELECT import, kind, name, size, format, heads, settings, coalesce(task, 0), actor, created_at, started_at
FROM imports WHERE account = $1 AND import = $2 FOR UPDATE

-- name: list
SELECT import, kind, name, size, format, '[]'::jsonb, settings, coalesce(task, 0), actor, created_at, started_at
FROM imports WHERE account = $1 AND ($2::bigint = 0 OR import < $2) AND ($3 = '' OR kind = $3) AND kind = ANY ($4::text[])
  AND ($7::text = '' OR (task IS NULL) = ($7 = 'draft'))
  AND NOT EXISTS (SELECT FROM unnest($6::text[]) AS w WHERE strpos(folded(name || ' ' || actor), folded(w)) = 0)
ORDER BY import DESC LIMIT $5

-- name: list_oldest
SELECT import, kind, name, size, format, '[]'::jsonb, settings, coalesce(task, 0), actor, created_at, started_at
FROM imports WHERE account = $1 AND ($2::bigint = 0 OR import > $2) AND ($3 = '' OR kind = $3) AND kind = ANY ($4::text[])
  AND ($7::text = '' OR (task IS NULL) = ($7 = 'draft'))
  AND NOT EXISTS (SELECT FROM unnest($6::text[]) AS w WHERE strpos(folded(name || ' ' || actor), folded(w)) = 0)
ORDER BY import LIMIT $5

-- name: change
UPDATE imports SET settings = $3 WHERE account = $1 AND import = $2

-- name: started
UPDATE imports SET task = $3, started_at = $4, settings = $5 WHERE account = $1 AND import = $2

-- name: remove
DELETE FROM imports WHERE account = $1 AND import = $2

-- name: country
SELECT country FROM accounts WHERE account = $1

-- name: attributes
SELECT key, title, type, choices, created_at FROM attributes WHERE account = $1 ORDER BY key

-- name: attributes_add
INSERT INTO attributes (account, key, title, type, created_at)
SELECT $1, u.key, u.title, u.type, $5 FROM unnest($2::text[], $3::text[], $4::text[]) AS u(key, title, type) ORDER BY u.key
ON CONFLICT DO NOTHING

-- name: groups_there
SELECT count(*) FROM groups WHERE account = $1 AND group_id = ANY ($2::bigint[])
