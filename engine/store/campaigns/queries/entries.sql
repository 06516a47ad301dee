-- name: entry_terms
SELECT version, state, kind = 'open', closed_at IS NOT NULL OR coalesce(end_at <= clock_timestamp(), false), advertising, unknown_zones, clock_timestamp()
FROM campaigns WHERE account = $1 AND campaign = $2

-- name: entry_known
-- What came of keys that were used before.
SELECT u.place, k.ordinal, k.refused, coalesce(e.contact, 0)
FROM unnest($3::text[]) WITH ORDINALITY AS u(key, place)
CROSS JOIN LATERAL (SELECT k.ordinal, k.refused FROM entry_keys k
                    WHERE k.account = $1 AND k.campaign = $2 AND k.key = u.key OFFSET 0) k
LEFT JOIN entries e ON e.account = $1 AND e.campaign = $2 AND e.ordinal = k.ordinal

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
