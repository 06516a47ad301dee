-- name: version_add
INSERT INTO versions (account, version, name, format, document, published_at, scheme, number, note, user_id, token_id,
                      user_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: version_files
INSERT INTO version_files (account, version, file)
SELECT $1, $2, file FROM files WHERE account = $1 AND name = ANY ($3::text[]) FOR KEY SHARE

-- name: scheme_published
UPDATE schemes SET published = $3, published_number = $4, published_revision = revision, published_at = $5
WHERE account = $1 AND scheme = $2

-- name: version_document
SELECT document FROM versions WHERE account = $1 AND version = $2

-- name: version
SELECT v.version, coalesce(v.scheme, 0), coalesce(s.kind, ''), coalesce(v.number, 0), v.name, v.note, v.user_id, v.token_id,
       v.user_name, v.published_at, v.document,
       (SELECT count(*) FROM campaigns c WHERE c.account = v.account AND c.version = v.version)
FROM versions v LEFT JOIN schemes s ON s.account = v.account AND s.scheme = v.scheme
WHERE v.account = $1 AND v.version = $2

-- name: versions
SELECT v.version, v.scheme, s.kind, v.number, v.name, v.note, v.user_id, v.token_id, v.user_name, v.published_at, '',
       (SELECT count(*) FROM campaigns c WHERE c.account = v.account AND c.version = v.version)
FROM versions v JOIN schemes s ON s.account = v.account AND s.scheme = v.scheme
WHERE v.account = $1 AND v.scheme = $2 AND ($3::integer = 0 OR v.number < $3) ORDER BY v.number DESC LIMIT $4
