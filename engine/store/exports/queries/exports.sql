-- name: attributes
SELECT key, title, type, choices FROM attributes WHERE account = $1

-- name: groups
SELECT group_id, name FROM groups WHERE account = $1

-- A page of contacts: what the condition adds comes behind, with its own parameters from $5.
-- name: contacts
SELECT c.contact, c.name, coalesce(c.phone, ''), c.email, c.zone, c.tags, c.attributes, c.addresses, c.source, c.created_at,
       c.updated_at,
       CASE WHEN $4::boolean THEN ARRAY(SELECT m.group_id FROM group_members m
                                        JOIN groups g ON g.account = m.account AND g.group_id = m.group_id
                                        WHERE m.account = c.account AND m.contact = c.contact ORDER BY m.group_id)
            ELSE '{}'::bigint[] END
FROM contacts c
WHERE c.account = $1 AND c.contact > $2 AND ($3::bigint[] IS NULL OR c.contact = ANY ($3))

-- name: stops
SELECT entry, address, channel, reason, source, added_by, created_at FROM stop_list
WHERE account = $1 AND (address, channel) > ($2::text, $3::text)
ORDER BY address, channel LIMIT $4
