-- name: stops
SELECT s.entry, s.address, s.channel, s.reason, s.source, s.added_by, s.created_at FROM stop_list s WHERE s.account = $1

-- name: stops_removed
SELECT s.entry, s.address, s.channel, s.reason, s.source, s.added_by, s.created_at, s.removed_at, s.removed_by, s.removed_for
FROM removed_stops s WHERE s.account = $1 AND s.removed_at > $2

-- name: stop_add
INSERT INTO stop_list (account, address, channel, reason, source, added_by, created_at)
SELECT DISTINCT ON (u.address, u.channel) $1::bigint, u.address, u.channel, u.reason, u.source, $6, $7::timestamptz
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS u(address, channel, reason, source)
ORDER BY u.address, u.channel
ON CONFLICT (account, address, channel) DO NOTHING
RETURNING entry, address, channel

-- name: stopped_people
-- Whose address it is: a phone by its index, another one by the words.
SELECT c.contact FROM unnest($2::text[]) AS u(address)
JOIN contacts c ON c.account = $1 AND c.phone = u.address
UNION
SELECT c.contact FROM unnest($2::text[], $3::text[]) AS u(address, query)
CROSS JOIN LATERAL (
    SELECT c.contact FROM contacts c
    WHERE contact_words(c.account, c.name, c.email, c.addresses) @@ u.query::tsquery AND c.account = $1
      AND EXISTS (SELECT FROM jsonb_each_text(c.addresses) AS a WHERE a.value = u.address)
    OFFSET 0
) c

-- name: stop_remove
WITH gone AS (
    DELETE FROM stop_list s WHERE s.account = $1 AND s.entry = ANY ($2::bigint[]) RETURNING s.*
)
INSERT INTO removed_stops AS r (account, entry, address, channel, reason, source, added_by, created_at, removed_at, removed_by, removed_for)
SELECT account, entry, address, channel, reason, source, added_by, created_at, $3, $4, $5 FROM gone
ON CONFLICT (account, entry) DO UPDATE SET reason = excluded.reason, source = excluded.source, added_by = excluded.added_by,
    created_at = excluded.created_at, removed_at = excluded.removed_at, removed_by = excluded.removed_by, removed_for = excluded.removed_for
RETURNING r.entry

-- name: stop_restore
WITH back AS (
    DELETE FROM removed_stops r WHERE r.account = $1 AND r.entry = ANY ($2::bigint[]) AND r.removed_at > $3 RETURNING r.*
), again AS (
    INSERT INTO stop_list (account, address, channel, reason, source, added_by, created_at)
    SELECT account, address, channel, reason, source, added_by, created_at FROM back
    ON CONFLICT (account, address, channel) DO NOTHING
)
SELECT entry, address, channel FROM back

-- name: plan_set
INSERT INTO numbering_plans (account, plan, loaded_at, loaded_by, name, rows, zoned, ranges, unknown, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (account) DO UPDATE SET plan = excluded.plan, loaded_at = excluded.loaded_at, loaded_by = excluded.loaded_by, name = excluded.name,
    rows = excluded.rows, zoned = excluded.zoned, ranges = excluded.ranges, unknown = excluded.unknown, data = excluded.data

-- name: plan
SELECT name, loaded_at, loaded_by, rows, zoned, ranges, unknown FROM numbering_plans WHERE account = $1

-- name: plan_data
SELECT plan, data FROM numbering_plans WHERE account = $1

-- name: plan_id
SELECT plan FROM numbering_plans WHERE account = $1

-- name: plan_delete
DELETE FROM numbering_plans WHERE account = $1
