-- name: merge_segments
-- A worker that holds one of the walks knows the old contact: with another epoch its next batch fails, and the segment is
-- read anew.
UPDATE segments s SET epoch = s.epoch + 1
FROM (SELECT DISTINCT campaign, (ordinal / 10000)::integer AS segment FROM recipients
      WHERE account = $1 AND contact = ANY ($2::bigint[]) AND phase <> 7 ORDER BY 1, 2) r
WHERE s.account = $1 AND s.campaign = r.campaign AND s.segment = r.segment

-- name: merge_recipients
UPDATE recipients SET contact = $3 WHERE account = $1 AND contact = ANY ($2::bigint[])

-- name: merge_consents
UPDATE consents SET contact = $3 WHERE account = $1 AND contact = ANY ($2::bigint[])

-- name: merge_groups
INSERT INTO group_members (account, group_id, contact, added_at)
SELECT DISTINCT account, group_id, $3::bigint, $4::timestamptz FROM group_members WHERE account = $1 AND contact = ANY ($2::bigint[]) ORDER BY 2
ON CONFLICT DO NOTHING

-- name: merge_groups_left
DELETE FROM group_members WHERE account = $1 AND contact = ANY ($2::bigint[])

-- name: merge_caps
WITH old AS (
    DELETE FROM contact_caps WHERE account = $1 AND contact = ANY ($2::bigint[]) RETURNING campaigns, at
), entered AS (
    SELECT u.campaign, max(u.at) AS at FROM old, unnest(old.campaigns, old.at) AS u(campaign, at) GROUP BY u.campaign
)
INSERT INTO contact_caps AS k (account, contact, campaigns, at)
SELECT $1, $3, array_agg(campaign ORDER BY at), array_agg(at ORDER BY at) FROM entered HAVING count(*) > 0
ON CONFLICT (account, contact) DO UPDATE SET campaigns = k.campaigns || excluded.campaigns, at = k.at || excluded.at

-- name: merge_audience
WITH old AS (
    DELETE FROM campaign_audience WHERE account = $1 AND contact = ANY ($2::bigint[]) RETURNING campaign, zone
)
INSERT INTO campaign_audience (account, campaign, contact, zone)
SELECT DISTINCT ON (campaign) $1::bigint, campaign, $3::bigint, zone FROM old ORDER BY campaign
ON CONFLICT DO NOTHING

-- name: merge_stops
-- Who refused at one address has refused at those that are left.
INSERT INTO stop_list (account, address, channel, reason, source, added_by, created_at)
SELECT DISTINCT ON (a.address, s.channel) s.account, a.address, s.channel, s.reason, s.source, s.added_by, s.created_at
FROM stop_list s
JOIN unnest($3::text[], $4::text[]) AS a(address, channel) ON a.channel = '' OR s.channel IN ('', a.channel)
WHERE s.account = $1 AND s.address = ANY ($2::text[])
ORDER BY a.address, s.channel, s.created_at
ON CONFLICT (account, address, channel) DO NOTHING
RETURNING channel

-- name: merge_delete
DELETE FROM contacts WHERE account = $1 AND contact = ANY ($2::bigint[])

-- name: merge_note
INSERT INTO merged_contacts (account, contact, into_id, merged_at)
SELECT $1, u.contact, $3, $4 FROM unnest($2::bigint[]) AS u(contact)
ON CONFLICT (account, contact) DO UPDATE SET into_id = excluded.into_id

-- name: merge_chain
UPDATE merged_contacts SET into_id = $3 WHERE account = $1 AND into_id = ANY ($2::bigint[])

-- name: doubles_name
-- $4: the words that must be in what is shared; $5: the same as a tsquery, by which few contacts are looked at; empty: all.
SELECT 'name', k, max(name), (array_agg(contact ORDER BY created_at, contact))[1:20], count(*)
FROM (SELECT folded(c.name) COLLATE "C" AS k, c.name, c.contact, c.created_at FROM contacts c
      WHERE c.account = $1 AND folded(c.name) COLLATE "C" > folded($2::text) AND position(' ' in c.name) > 0
        AND ($5::text = '' OR contact_words(c.account, c.name, c.email, c.addresses) @@ $5::text::tsquery)
        AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS w WHERE strpos(folded(c.name), folded(w)) = 0)) c
GROUP BY k HAVING count(*) > 1 ORDER BY k LIMIT $3

-- name: doubles_email
SELECT 'email', k, max(email), (array_agg(contact ORDER BY created_at, contact))[1:20], count(*)
FROM (SELECT folded(c.email) COLLATE "C" AS k, c.email, c.contact, c.created_at FROM contacts c
      WHERE c.account = $1 AND c.email <> '' AND folded(c.email) COLLATE "C" > folded($2::text)
        AND ($5::text = '' OR contact_words(c.account, c.name, c.email, c.addresses) @@ $5::text::tsquery)
        AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS w WHERE strpos(folded(c.email), folded(w)) = 0)) c
GROUP BY k HAVING count(*) > 1 ORDER BY k LIMIT $3

-- name: doubles_address
-- The same page in a network, or a phone that is another one's address in a messenger.
-- $5 is not needed: whoever has no address is left out.
SELECT 'address', k, max(k), (array_agg(contact ORDER BY created_at, contact))[1:20], count(*)
FROM (
    SELECT DISTINCT a.k, c.contact, c.created_at FROM contacts c
    CROSS JOIN LATERAL (
        SELECT CASE WHEN e.value LIKE '+%' THEN e.value ELSE e.key || ':' || e.value END COLLATE "C"
        FROM jsonb_each_text(c.addresses) AS e
    ) a(k)
    WHERE c.account = $1 AND c.addresses <> '{}' AND a.k > $2
    UNION
    SELECT p.phone, p.contact, p.created_at FROM contacts p
    WHERE p.account = $1 AND p.phone > $2 AND p.phone IN (
        SELECT e.value COLLATE "C" FROM contacts c CROSS JOIN LATERAL jsonb_each_text(c.addresses) AS e
        WHERE c.account = $1 AND c.addresses <> '{}' AND e.value LIKE '+%')
) d
WHERE $5::text IS NOT NULL AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS w WHERE strpos(folded(k), folded(w)) = 0)
GROUP BY k HAVING count(*) > 1 ORDER BY k LIMIT $3

-- name: merge_entered
-- Of two entries of one person into a campaign the later one counts for coming again. Entries that are no recipients yet find
-- the contact by merged_contacts.
WITH old AS (
    DELETE FROM entered WHERE account = $1 AND contact = ANY ($2::bigint[]) RETURNING campaign, ordinal, at
)
INSERT INTO entered AS x (account, contact, campaign, ordinal, at)
SELECT DISTINCT ON (campaign) $1, $3, campaign, ordinal, at FROM old ORDER BY campaign, ordinal DESC
ON CONFLICT (account, contact, campaign) DO UPDATE SET ordinal = excluded.ordinal, at = excluded.at WHERE x.ordinal < excluded.ordinal
