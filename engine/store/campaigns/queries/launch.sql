-- name: page_end
-- Up to which contact a page of contacts goes; null: to the end.
SELECT contact FROM contacts WHERE account = $1 AND contact > $2 ORDER BY contact OFFSET $3 LIMIT 1

-- name: page_zones
SELECT DISTINCT zone FROM contacts WHERE account = $1 AND contact > $2 AND ($3::bigint IS NULL OR contact <= $3) AND zone <> ''

-- name: contacts_count
-- As many as $2 are counted.
SELECT count(*) FROM (SELECT FROM contacts WHERE account = $1 LIMIT $2) x

-- name: explicit_addresses
-- Addresses that more than one contact has in a channel of $2, and whose they are. Phones are unique, so that at least one of
-- the two has it as an address of its own in that channel; $3 are the channels that go by phone where there is none.
WITH own AS MATERIALIZED (
    SELECT ch.channel COLLATE "C" AS channel, (c.addresses ->> ch.channel) COLLATE "C" AS address, c.contact
    FROM contacts c CROSS JOIN unnest($2::text[]) AS ch(channel)
    WHERE c.account = $1 AND c.addresses <> '{}' AND c.addresses ->> ch.channel <> ''
), held AS (
    SELECT channel, address, contact FROM own
    UNION
    SELECT o.channel, o.address, p.contact
    FROM own o JOIN contacts p ON p.account = $1 AND p.phone = o.address
    WHERE o.channel = ANY ($3::text[]) AND coalesce(p.addresses ->> o.channel, '') = ''
)
SELECT channel, address, array_agg(contact ORDER BY contact) FROM held
GROUP BY channel, address HAVING count(*) > 1

-- name: stage_begin
UPDATE campaigns SET launching = 'collecting', launch_task = $3, selected = 0, refused = '{}', seed = $4
WHERE account = $1 AND campaign = $2

-- name: stage_end
UPDATE campaigns SET launching = 'enrolling', selected = $3, refused = $4, start_at = $5 WHERE account = $1 AND campaign = $2

-- name: stage
SELECT launching, seed, start_at, coalesce(launch_task, 0) FROM campaigns WHERE account = $1 AND campaign = $2

-- name: staged_zones
SELECT zone, count(*) FROM campaign_audience WHERE account = $1 AND campaign = $2 GROUP BY zone ORDER BY zone

-- name: staged
SELECT contact, zone FROM campaign_audience WHERE account = $1 AND campaign = $2 AND contact > $3 ORDER BY contact LIMIT $4

-- name: wipe_audience
DELETE FROM campaign_audience WHERE account = $1 AND campaign = $2 AND contact <= (
    SELECT max(contact) FROM (
        SELECT contact FROM campaign_audience WHERE account = $1 AND campaign = $2 ORDER BY contact LIMIT $3) x)

-- name: wipe_last
-- The last recipients of a draft, a segment at a time.
WITH draft AS (
    SELECT recipients FROM campaigns WHERE account = $1 AND campaign = $2 AND state = 'draft' AND recipients > 0 FOR UPDATE
), at AS (SELECT (recipients - 1) / 10000 AS segment FROM draft
), gone AS (
    DELETE FROM recipients r USING at WHERE r.account = $1 AND r.campaign = $2 AND r.ordinal >= at.segment * 10000
), emptied AS (
    DELETE FROM segments s USING at WHERE s.account = $1 AND s.campaign = $2 AND s.segment >= at.segment
)
UPDATE campaigns c SET recipients = at.segment * 10000 FROM at WHERE c.account = $1 AND c.campaign = $2

-- name: enrolled
SELECT recipients FROM campaigns WHERE account = $1 AND campaign = $2

-- name: launched
UPDATE campaigns SET state = 'scheduled', launching = '', launched_at = clock_timestamp(), start_at = $3, end_at = $4,
    revision = revision + 1
WHERE account = $1 AND campaign = $2 AND state = 'draft' AND recipients = $5

-- name: group_known
SELECT EXISTS (SELECT FROM groups WHERE account = $1 AND group_id = $2)

-- name: example_contacts
SELECT contact, name, coalesce(phone, '') FROM contacts WHERE account = $1 AND contact = ANY ($2::bigint[])
