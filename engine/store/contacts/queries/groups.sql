-- name: groups
SELECT g.group_id, g.name, coalesce((SELECT sum(z.n) FROM group_sizes z WHERE z.account = g.account AND z.group_id = g.group_id), 0)::bigint,
       g.created_at, g.updated_at
FROM groups g WHERE g.account = $1

-- name: group_add
INSERT INTO groups (account, group_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)

-- name: group_set
UPDATE groups SET name = $3, updated_at = $4 WHERE account = $1 AND group_id = $2

-- name: group_delete
WITH gone AS (DELETE FROM groups g WHERE g.account = $1 AND g.group_id = $2 RETURNING g.*)
INSERT INTO deleted_groups (account, group_id, name, created_at, updated_at, deleted_at, deleted_by)
SELECT account, group_id, name, created_at, updated_at, $3, $4 FROM gone
RETURNING name

-- name: group_restore
WITH back AS (DELETE FROM deleted_groups d WHERE d.account = $1 AND d.group_id = $2 AND d.deleted_at > $3 RETURNING d.*)
INSERT INTO groups (account, group_id, name, created_at, updated_at)
SELECT account, group_id, name, created_at, $4 FROM back
RETURNING name

-- name: groups_deleted
SELECT d.group_id, d.name, coalesce((SELECT sum(z.n) FROM group_sizes z WHERE z.account = d.account AND z.group_id = d.group_id), 0)::bigint,
       d.created_at, d.updated_at, d.deleted_at, d.deleted_by
FROM deleted_groups d
WHERE d.account = $1 AND d.deleted_at > $2 AND ($3::timestamptz IS NULL OR (d.deleted_at, d.group_id) < ($3, $4))
  AND strpos(folded(d.name), folded($5::text)) > 0
ORDER BY d.deleted_at DESC, d.group_id DESC LIMIT $6

-- name: purge_groups
DELETE FROM deleted_groups WHERE deleted_at <= $1

-- name: group_members_delete
-- Up to the contact where the piece ends, rather than a list of contacts: that is one walk along the key, whatever the
-- planner knows of the table.
DELETE FROM group_members WHERE account = $1 AND group_id = $2 AND contact <= coalesce((
    SELECT contact FROM group_members WHERE account = $1 AND group_id = $2 ORDER BY contact OFFSET $3::bigint - 1 LIMIT 1
), 9223372036854775807)

-- name: groups_left
SELECT DISTINCT z.account, z.group_id FROM group_sizes z
WHERE NOT EXISTS (SELECT FROM groups g WHERE g.account = z.account AND g.group_id = z.group_id)
  AND NOT EXISTS (SELECT FROM deleted_groups d WHERE d.account = z.account AND d.group_id = z.group_id) ORDER BY 1, 2

-- name: group_sizes_delete
DELETE FROM group_sizes WHERE account = $1 AND group_id = $2

-- name: group_lock
SELECT name FROM groups WHERE account = $1 AND group_id = $2 FOR KEY SHARE

-- name: group_touch
UPDATE groups SET updated_at = $3 WHERE account = $1 AND group_id = $2

-- name: members_add
INSERT INTO group_members (account, group_id, contact, added_at)
SELECT c.account, $2, c.contact, $4 FROM contacts c WHERE c.account = $1 AND c.contact = ANY ($3::bigint[]) ORDER BY c.contact
ON CONFLICT DO NOTHING

-- name: members_remove
DELETE FROM group_members WHERE account = $1 AND group_id = $2 AND contact = ANY ($3::bigint[])

-- name: attributes
SELECT key, title, type, choices, created_at FROM attributes WHERE account = $1

-- name: attribute_add
INSERT INTO attributes (account, key, title, type, choices, created_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: attribute_set
UPDATE attributes SET title = $3, choices = $4 WHERE account = $1 AND key = $2

-- name: attribute_delete
DELETE FROM attributes WHERE account = $1 AND key = $2

-- name: attribute_used
SELECT count(*) FROM contacts WHERE account = $1 AND attributes ? $2

-- name: attribute_values_delete
WITH done AS (
    UPDATE contacts SET attributes = attributes - $2
    WHERE account = $1 AND contact > $3 AND attributes ? $2 AND contact <= coalesce((
        SELECT contact FROM contacts WHERE account = $1 AND contact > $3 AND attributes ? $2 ORDER BY contact OFFSET $4::bigint - 1 LIMIT 1
    ), 9223372036854775807) RETURNING contact
)
SELECT count(*), coalesce(max(contact), 0) FROM done

-- name: attribute_deleted_values
WITH done AS (
    UPDATE deleted_contacts SET attributes = attributes - $2
    WHERE account = $1 AND contact > $3 AND attributes ? $2 AND contact <= coalesce((
        SELECT contact FROM deleted_contacts WHERE account = $1 AND contact > $3 AND attributes ? $2 ORDER BY contact OFFSET $4::bigint - 1 LIMIT 1
    ), 9223372036854775807) RETURNING contact
)
SELECT count(*), coalesce(max(contact), 0) FROM done

-- name: consents
SELECT consent, channel, text, source, given_at, recorded_at, withdrawn_at, withdrawn_by, withdrawn_at IS NULL
FROM consents WHERE account = $1 AND contact = $2

-- name: consent_add
INSERT INTO consents (account, consent, contact, channel, text, source, given_at, recorded_at)
SELECT c.account, $3, c.contact, $4, $5, $6, $7, $8 FROM contacts c WHERE c.account = $1 AND c.contact = $2

-- name: consent_withdraw
UPDATE consents SET withdrawn_at = $4, withdrawn_by = $5
WHERE account = $1 AND contact = $2 AND channel = $3 AND withdrawn_at IS NULL
RETURNING consent

-- name: contact_there
SELECT count(*) FROM contacts WHERE account = $1 AND contact = $2
