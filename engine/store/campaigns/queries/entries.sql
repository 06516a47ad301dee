-- name: entry_terms
SELECT version, state, kind = 'open', closed_at IS NOT NULL OR coalesce(end_at <= clock_timestamp(), false), advertising, unknown_zones, clock_timestamp()
FROM campaigns WHERE account = $1 AND campaign = $2

-- name: entry_known
-- What came of keys that were used before.
SELECT u.place, k.ordinal, k.refused, coalesce(e.contact, r.contact, 0)
FROM unnest($3::text[]) WITH ORDINALITY AS u(key, place)
CROSS JOIN LATERAL (SELECT k.ordinal, k.refused FROM entry_keys k
                    WHERE k.account = $1 AND k.campaign = $2 AND k.key = u.key OFFSET 0) k
LEFT JOIN entries e ON e.account = $1 AND e.campaign = $2 AND e.ordinal = k.ordinal
LEFT JOIN recipients r ON r.account = $1 AND r.campaign = $2 AND r.ordinal = k.ordinal -- the entry of an ended walk is gone

-- name: entrants
-- Where people can be reached, and where they may not be. $3: what they agreed to is asked for.
SELECT u.place, c.contact, c.zone, c.phone, c.channels, c.stops, c.agreed
FROM unnest($2::bigint[]) WITH ORDINALITY AS u(contact, place)
CROSS JOIN LATERAL (
    SELECT c.contact, c.zone, coalesce(c.phone, '') AS phone,
        ARRAY(SELECT a.key FROM jsonb_each_text(c.addresses) AS a WHERE a.value <> '') AS channels,
        ARRAY(SELECT s.channel FROM stop_list s WHERE s.account = c.account AND s.address = c.phone
              UNION ALL
              SELECT s.channel FROM jsonb_each_text(c.addresses) AS a
              JOIN stop_list s ON s.account = c.account AND s.address = a.value AND s.channel IN ('', a.key)) AS stops,
        ARRAY(SELECT DISTINCT k.channel FROM consents k
              WHERE $3::boolean AND k.account = c.account AND k.contact = c.contact AND k.withdrawn_at IS NULL) AS agreed
    FROM contacts c
    WHERE c.account = $1 AND c.contact = coalesce(
        (SELECT m.into_id FROM merged_contacts m WHERE m.account = $1 AND m.contact = u.contact), u.contact)
    OFFSET 0
) c

-- name: tidy_keys
-- A piece of the keys that were used first before $1, the oldest first.
DELETE FROM entry_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM entry_keys WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))

-- name: tidy_entries
-- A page of entries behind ($1, $2, $3): those whose walk has ended go. Tells where the page ends, and how many went.
WITH page AS MATERIALIZED (
    SELECT account, campaign, ordinal FROM entries WHERE (account, campaign, ordinal) > ($1::bigint, $2::bigint, $3::bigint)
    ORDER BY account, campaign, ordinal LIMIT $4
), gone AS (
    DELETE FROM entries e USING page p
    WHERE e.account = p.account AND e.campaign = p.campaign AND e.ordinal = p.ordinal
      AND (EXISTS (SELECT FROM recipients r WHERE r.account = p.account AND r.campaign = p.campaign AND r.ordinal = p.ordinal AND r.phase = 7)
           OR EXISTS (SELECT FROM set_aside a WHERE a.account = p.account AND a.campaign = p.campaign AND a.ordinal = p.ordinal))
    RETURNING e.ordinal
)
SELECT account, campaign, ordinal, (SELECT count(*) FROM page) < $4, (SELECT count(*) FROM gone) FROM page
ORDER BY account DESC, campaign DESC, ordinal DESC LIMIT 1

-- name: entered_page
-- A page of last entries behind ($1, $2, $3), with the rule of the campaign, whether the walk has ended, and whether nobody enters
-- any more.
SELECT x.account, x.contact, x.campaign, x.ordinal, x.at, coalesce(c.entry, '{}'),
    EXISTS (SELECT FROM recipients r WHERE r.account = x.account AND r.campaign = x.campaign AND r.ordinal = x.ordinal AND r.phase = 7)
        OR EXISTS (SELECT FROM set_aside a WHERE a.account = x.account AND a.campaign = x.campaign AND a.ordinal = x.ordinal),
    c.campaign IS NULL OR c.closed_at IS NOT NULL OR c.state IN ('cancelled', 'finished')
FROM (SELECT * FROM entered WHERE (account, contact, campaign) > ($1::bigint, $2::bigint, $3::bigint)
      ORDER BY account, contact, campaign LIMIT $4) x
LEFT JOIN campaigns c ON c.account = x.account AND c.campaign = x.campaign
ORDER BY x.account, x.contact, x.campaign

-- name: entered_drop
-- Not those that were renewed meanwhile, nor those that somebody is at: they are looked at the next time.
DELETE FROM entered WHERE ctid = ANY (ARRAY(
    SELECT x.ctid FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS u(account, contact, campaign, ordinal)
    JOIN entered x ON x.account = u.account AND x.contact = u.contact AND x.campaign = u.campaign AND x.ordinal = u.ordinal
    FOR UPDATE OF x SKIP LOCKED))
