-- name: erase_who
SELECT c.contact, c.name, coalesce(c.phone, ''), c.email, c.addresses FROM contacts c WHERE c.account = $1 AND c.contact = $2
UNION ALL
SELECT d.contact, d.name, coalesce(d.phone, ''), d.email, d.addresses FROM deleted_contacts d WHERE d.account = $1 AND d.contact = $2

-- name: erase_messages
UPDATE messages m SET address = '', text = '', content = NULL FROM recipients r
WHERE r.account = $1 AND r.contact = $2 AND m.account = r.account AND m.campaign = r.campaign AND m.ordinal = r.ordinal

-- name: erase_facts
-- What the person said; keys that were pressed and the reasons of errors are figures.
UPDATE facts f SET value = '' FROM recipients r
WHERE r.account = $1 AND r.contact = $2 AND f.account = r.account AND f.campaign = r.campaign AND f.ordinal = r.ordinal
  AND f.value <> '' AND f.fact NOT IN (32, 1024, 262144)

-- name: erase_unknown_facts
DELETE FROM unknown_facts f WHERE f.account = $1 AND f.value <> '' AND f.value ILIKE ANY ($2::text[])

-- name: erase_troubles
UPDATE troubles t SET what = 'erased ' || left(md5(t.what), 8) FROM recipients r
WHERE r.account = $1 AND r.contact = $2 AND t.account = r.account AND t.campaign = r.campaign AND t.ordinal = r.ordinal

-- name: erase_repeats
-- Answers to requests that are kept for a day may show the person.
DELETE FROM repeats WHERE account = $1 AND answer IS NOT NULL AND EXISTS (
    SELECT FROM unnest($2::text[]) AS n WHERE position(convert_to(n, 'UTF8') IN answer) > 0)

-- name: erase_audit
UPDATE audit SET change = NULL WHERE account = $1 AND object = 'contact' AND object_id = $2

-- name: erase_consents
DELETE FROM consents WHERE account = $1 AND contact = $2

-- name: erase_groups
DELETE FROM group_members WHERE account = $1 AND contact = $2

-- name: erase_caps
DELETE FROM contact_caps WHERE account = $1 AND contact = $2

-- name: erase_audience
DELETE FROM campaign_audience WHERE account = $1 AND contact = $2

-- name: erase_removed_stops
DELETE FROM removed_stops WHERE account = $1 AND address = ANY ($2::text[])

-- name: erase_stops
-- The entries themselves stay, so that the refusal is kept to; what people wrote beside them goes.
UPDATE stop_list SET reason = CASE WHEN added_by = '' THEN reason ELSE 'erased' END,
    source = CASE WHEN added_by = '' THEN source ELSE '' END
WHERE account = $1 AND address = ANY ($2::text[])

-- name: erase_contact
DELETE FROM contacts WHERE account = $1 AND contact = $2

-- name: erase_deleted
DELETE FROM deleted_contacts WHERE account = $1 AND contact = $2

-- name: erase_entries
-- What the person brought into open campaigns, as a recipient or waiting to be one.
UPDATE entries e SET data = NULL
WHERE e.account = $1 AND e.data IS NOT NULL AND (e.campaign, e.ordinal) IN (
    SELECT r.campaign, r.ordinal FROM recipients r WHERE r.account = $1 AND r.contact = $2
    UNION SELECT x.campaign, x.ordinal FROM entered x WHERE x.account = $1 AND x.contact = $2)

-- name: erase_entered
DELETE FROM entered WHERE account = $1 AND contact = $2
