-- name: home
SELECT zone, country FROM accounts WHERE account = $1

-- name: contact
SELECT c.contact, c.name, coalesce(c.phone, ''), c.email, c.zone, c.tags, c.attributes, c.addresses, c.source, c.created_at,
       c.updated_at,
       ARRAY(SELECT m.group_id FROM group_members m JOIN groups g ON g.account = m.account AND g.group_id = m.group_id
             WHERE m.account = c.account AND m.contact = c.contact ORDER BY m.group_id),
       ARRAY(SELECT DISTINCT s.channel FROM consents s
             WHERE s.account = c.account AND s.contact = c.contact AND s.withdrawn_at IS NULL ORDER BY s.channel)
FROM contacts c

-- name: contact_add
INSERT INTO contacts (account, contact, phone, name, email, zone, tags, attributes, addresses, source, created_at, updated_at)
VALUES ($1, $2, nullif($3, ''), $4, $5, $6, $7, $8, $9, $10, $11, $11)

-- name: contact_set
UPDATE contacts SET phone = nullif($3, ''), name = $4, email = $5, zone = $6, tags = $7, attributes = $8, addresses = $9
WHERE account = $1 AND contact = $2

-- name: contact_of_phone
SELECT contact FROM contacts WHERE account = $1 AND phone = $2

-- name: merged_into
SELECT into_id FROM merged_contacts WHERE account = $1 AND contact = $2

-- name: attributes_seen
INSERT INTO attributes (account, key, title, type, created_at)
SELECT $1, u.key, u.key, u.type, $4 FROM unnest($2::text[], $3::text[]) AS u(key, type) ORDER BY 2
ON CONFLICT DO NOTHING

-- name: members_set
INSERT INTO group_members (account, group_id, contact, added_at)
SELECT g.account, g.group_id, $2, $4 FROM groups g WHERE g.account = $1 AND g.group_id = ANY ($3::bigint[]) ORDER BY 2
ON CONFLICT DO NOTHING

-- name: groups_there
SELECT count(*) FROM groups WHERE account = $1 AND group_id = ANY ($2::bigint[])

-- name: delete
-- In the order of their ids, as everybody locks contacts.
WITH here AS MATERIALIZED (
    SELECT c.contact FROM contacts c WHERE c.account = $1 AND c.contact = ANY ($2::bigint[]) ORDER BY c.contact FOR UPDATE
), gone AS (
    DELETE FROM contacts c USING here h WHERE c.account = $1 AND c.contact = h.contact RETURNING c.*
), left_groups AS (
    DELETE FROM group_members m WHERE m.account = $1 AND m.contact = ANY ($2::bigint[]) RETURNING m.contact, m.group_id
)
INSERT INTO deleted_contacts (account, contact, phone, name, email, zone, tags, attributes, addresses, source, groups,
    created_at, updated_at, deleted_at, deleted_by)
SELECT g.account, g.contact, g.phone, g.name, g.email, g.zone, g.tags, g.attributes, g.addresses, g.source,
    ARRAY(SELECT l.group_id FROM left_groups l WHERE l.contact = g.contact), g.created_at, g.updated_at, $3, $4
FROM gone g
RETURNING contact

-- name: caps_rows
-- A row for everybody, so that there is something to lock; it waits for a worker that is making one.
INSERT INTO contact_caps (account, contact, campaigns, at)
SELECT $1, u.contact, '{}', '{}' FROM (SELECT DISTINCT unnest($2::bigint[])) AS u(contact)
WHERE EXISTS (SELECT FROM contacts c WHERE c.account = $1 AND c.contact = u.contact)
ORDER BY 2
ON CONFLICT (account, contact) DO NOTHING

-- name: caps_lock
SELECT FROM contact_caps WHERE account = $1 AND contact = ANY ($2::bigint[]) ORDER BY contact FOR UPDATE

-- name: interrupt
-- What the runtime does for a stop of all channels: the walks' holders read it as an event.
WITH at AS MATERIALIZED (SELECT recorded() AS now),
new AS (
    INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, value, recorded_at)
    SELECT r.account, r.campaign, r.ordinal / 10000, r.ordinal, -1, 0, 262144, $3, at.now
    FROM at, recipients r
    WHERE r.account = $1 AND r.contact = ANY ($2::bigint[]) AND r.phase <> 7
    ON CONFLICT DO NOTHING
    RETURNING account, campaign, segment
),
woken AS (
    INSERT INTO wakes (account, campaign, segment) SELECT DISTINCT account, campaign, segment FROM new
)
SELECT count(*), CASE WHEN count(*) > 0 THEN pg_notify('kaskad_facts', '')::text END FROM new

-- name: restore
-- Of several with one phone the last deleted comes back. Their places are counted once: looking for each one's rivals would
-- be quadratic.
WITH asked AS MATERIALIZED (
    SELECT d.contact, row_number() OVER (PARTITION BY d.phone ORDER BY d.deleted_at DESC, d.contact DESC) AS place
    FROM deleted_contacts d WHERE d.account = $1 AND d.contact = ANY ($2::bigint[]) AND d.deleted_at > $3
), back AS (
    DELETE FROM deleted_contacts d USING asked a
    WHERE d.account = $1 AND d.contact = a.contact
      AND (d.phone IS NULL OR a.place = 1 AND NOT EXISTS (SELECT FROM contacts c WHERE c.account = d.account AND c.phone = d.phone))
    RETURNING d.*
), contact AS (
    INSERT INTO contacts (account, contact, phone, name, email, zone, tags, attributes, addresses, source, created_at, updated_at)
    SELECT account, contact, phone, name, email, zone, tags, attributes, addresses, source, created_at, updated_at FROM back
), again AS (
    INSERT INTO group_members (account, group_id, contact, added_at)
    SELECT b.account, g.group_id, b.contact, $4 FROM back b
    JOIN (SELECT account, group_id FROM groups UNION ALL SELECT account, group_id FROM deleted_groups) g
        ON g.account = b.account AND g.group_id = ANY (b.groups)
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING
)
SELECT contact FROM back

-- name: deleted
SELECT d.contact, d.name, coalesce(d.phone, ''), d.email, d.deleted_at, d.deleted_by FROM deleted_contacts d
WHERE d.account = $1 AND ($2::timestamptz IS NULL OR (d.deleted_at, d.contact) < ($2, $3)) AND d.deleted_at > $4
  AND NOT EXISTS (SELECT FROM unnest($6::text[]) AS w
                  WHERE strpos(folded(d.name || ' ' || coalesce(d.phone, '') || ' ' || d.email), folded(w)) = 0)
ORDER BY d.deleted_at DESC, d.contact DESC LIMIT $5

-- name: purge
WITH old AS (
    DELETE FROM deleted_contacts WHERE (account, contact) IN (
        SELECT account, contact FROM deleted_contacts WHERE deleted_at <= $1 LIMIT $2)
    RETURNING account, contact
), agreed AS (
    DELETE FROM consents s USING old WHERE s.account = old.account AND s.contact = old.contact
)
SELECT count(*) FROM old

-- name: purge_stops
DELETE FROM removed_stops WHERE removed_at <= $1
