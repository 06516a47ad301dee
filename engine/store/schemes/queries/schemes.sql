-- name: scheme_columns
SELECT scheme, kind, name, tags, revision, draft_user, draft_token, draft_name, created_at, updated_at, archived_at,
       published, published_number, published_revision, published_at, lower(name)
FROM schemes WHERE account = $1

-- name: only_scheme
AND scheme = $2

-- name: only_asked
AND ($2 = '' OR strpos(lower(name), lower($2)) > 0) AND ($3 = '' OR kind = $3) AND (archived_at IS NOT NULL) = $4
AND ($5 = '' OR $5 = ANY (tags))

-- name: newest_first
AND ($6::timestamptz IS NULL OR (updated_at, scheme) < ($6, $7::bigint)) ORDER BY updated_at DESC, scheme DESC LIMIT $8

-- name: oldest_first
AND ($6::timestamptz IS NULL OR (updated_at, scheme) > ($6, $7::bigint)) ORDER BY updated_at, scheme LIMIT $8

-- name: by_name
AND ($6::text IS NULL OR (lower(name), scheme) > ($6, $7::bigint)) ORDER BY lower(name), scheme LIMIT $8

-- name: by_name_down
AND ($6::text IS NULL OR (lower(name), scheme) < ($6, $7::bigint)) ORDER BY lower(name) DESC, scheme DESC LIMIT $8

-- name: scheme_create
INSERT INTO schemes (account, scheme, kind, name, tags, draft, revision, draft_user, draft_token, draft_name, created_at,
                     updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $10)

-- name: scheme_lock
SELECT kind, name, draft, revision, draft_user, draft_token, draft_name, updated_at, archived_at, tests_stamp, published,
       published_number
FROM schemes WHERE account = $1 AND scheme = $2 FOR UPDATE

-- name: scheme_tags
UPDATE schemes SET tags = $3 WHERE account = $1 AND scheme = $2

-- name: scheme_repeated
-- Campaigns that repeat one of its versions and have a repetition to come, paused ones too.
SELECT c.name FROM versions v
JOIN campaigns c ON c.account = v.account AND c.version = v.version AND c.state = 'scheduled'
JOIN repetitions r ON r.account = c.account AND r.campaign = c.campaign AND r.next_at IS NOT NULL
WHERE v.account = $1 AND v.scheme = $2 ORDER BY c.created_at DESC, c.campaign DESC LIMIT 1000

-- name: scheme_archive
UPDATE schemes SET archived_at = $3 WHERE account = $1 AND scheme = $2

-- name: scheme_delete
DELETE FROM schemes WHERE account = $1 AND scheme = $2

-- name: draft
SELECT s.revision, r.cause, s.name, s.draft_user, s.draft_token, s.draft_name, s.updated_at, s.draft
FROM schemes s JOIN scheme_revisions r ON r.account = s.account AND r.scheme = s.scheme AND r.revision = s.revision
WHERE s.account = $1 AND s.scheme = $2

-- name: draft_save
UPDATE schemes SET name = $3, draft = $4, revision = $5, draft_user = $6, draft_token = $7, draft_name = $8, updated_at = $9
WHERE account = $1 AND scheme = $2

-- name: revision_add
INSERT INTO scheme_revisions (account, scheme, revision, cause, name, document, user_id, token_id, user_name, saved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: revisions_thin
-- Of those beyond the newest $4 the last of every ten minutes is kept, and never more than $5 in all.
DELETE FROM scheme_revisions r WHERE r.account = $1 AND r.scheme = $2 AND (
    r.revision = $3::bigint - $4::bigint AND EXISTS (
        SELECT FROM scheme_revisions n WHERE n.account = r.account AND n.scheme = r.scheme AND n.revision > r.revision
        AND date_bin('10 minutes', n.saved_at, 'epoch') = date_bin('10 minutes', r.saved_at, 'epoch'))
    OR r.revision <= (SELECT o.revision FROM scheme_revisions o WHERE o.account = $1 AND o.scheme = $2
                      ORDER BY o.revision DESC OFFSET $5 LIMIT 1))

-- name: revision
SELECT revision, cause, name, user_id, token_id, user_name, saved_at, document
FROM scheme_revisions WHERE account = $1 AND scheme = $2 AND revision = $3

-- name: revisions
SELECT revision, cause, name, user_id, token_id, user_name, saved_at, octet_length(document)
FROM scheme_revisions WHERE account = $1 AND scheme = $2 AND ($3::bigint = 0 OR revision < $3)
ORDER BY revision DESC LIMIT $4
