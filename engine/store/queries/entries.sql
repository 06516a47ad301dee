-- name: enter_lock
-- In this state nobody changes them until the commit: who closes a campaign waits for the entries under way, and comes after
-- them for everybody who looks later.
SELECT c.account, c.campaign, c.state, c.kind = 'open', c.closed_at IS NOT NULL OR coalesce(c.end_at <= clock_timestamp(), false), c.start_at,
       c.end_at, c.entry
FROM unnest($1::bigint[], $2::bigint[]) AS u(account, campaign)
JOIN campaigns c ON c.account = u.account AND c.campaign = u.campaign
ORDER BY c.account, c.campaign FOR SHARE OF c

-- name: enter_row
INSERT INTO entering (account, campaign)
SELECT c.account, c.campaign FROM unnest($1::bigint[], $2::bigint[]) AS u(account, campaign)
JOIN campaigns c ON c.account = u.account AND c.campaign = u.campaign AND c.kind = 'open'
ORDER BY 1, 2
ON CONFLICT DO NOTHING

-- name: enter_next
SELECT e.account, e.campaign, e.next
FROM unnest($1::bigint[], $2::bigint[]) AS u(account, campaign)
JOIN entering e ON e.account = u.account AND e.campaign = u.campaign
ORDER BY e.account, e.campaign FOR UPDATE OF e

-- name: enter_keys
SELECT u.account, u.campaign, u.key, k.ordinal, k.refused
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS u(account, campaign, key)
CROSS JOIN LATERAL (SELECT k.ordinal, k.refused FROM entry_keys k
                    WHERE k.account = u.account AND k.campaign = u.campaign AND k.key = u.key OFFSET 0) k

-- name: enter_last
-- Whoever is no recipient yet has not ended.
SELECT u.account, u.campaign, u.contact, l.at, l.ended
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(account, campaign, contact)
CROSS JOIN LATERAL (
    SELECT x.at, EXISTS (SELECT FROM recipients r WHERE r.account = x.account AND r.campaign = x.campaign AND r.ordinal = x.ordinal
                         AND r.phase = 7)
              OR EXISTS (SELECT FROM set_aside a WHERE a.account = x.account AND a.campaign = x.campaign AND a.ordinal = x.ordinal) AS ended
    FROM entered x WHERE x.account = u.account AND x.contact = u.contact AND x.campaign = u.campaign OFFSET 0
) l

-- name: enter_clock
SELECT recorded()

-- name: enter
INSERT INTO entries (account, campaign, ordinal, segment, contact, zone, data, start_at, at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::text[], $7::json[], $8::timestamptz[],
    $9::timestamptz[])

-- name: enter_keys_keep
INSERT INTO entry_keys (account, campaign, key, ordinal, refused)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[])

-- name: enter_last_keep
INSERT INTO entered AS x (account, contact, campaign, ordinal, at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])
ON CONFLICT (account, contact, campaign) DO UPDATE SET ordinal = excluded.ordinal, at = excluded.at

-- name: enter_count
UPDATE entering e SET next = u.next FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(account, campaign, next)
WHERE e.account = u.account AND e.campaign = u.campaign

-- name: enter_segments
-- Nobody is open in it yet; a wake lets somebody hold it.
INSERT INTO segments (account, campaign, segment, open, due)
SELECT u.account, u.campaign, u.segment, 0, NULL FROM unnest($1::bigint[], $2::bigint[], $3::integer[]) AS u(account, campaign, segment)
WHERE NOT EXISTS (SELECT FROM segments s WHERE s.account = u.account AND s.campaign = u.campaign AND s.segment = u.segment)

-- name: tick_entries
-- After tick_events, by a later snapshot: whoever is between the two is read once more. ORDER BY as there; a subquery for
-- the recipient and whom the contact was merged into, which are looked up by their keys and never joined.
SELECT c.account, c.campaign, c.segment, x.ordinal,
    coalesce((SELECT m.into_id FROM merged_contacts m WHERE m.account = c.account AND m.contact = x.contact), x.contact), x.zone, x.start_at
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS below) s
CROSS JOIN unnest($1::bigint[], $2::bigint[], $3::integer[], $4::xid8[]) AS c(account, campaign, segment, applied)
CROSS JOIN LATERAL (
    SELECT e.ordinal, e.contact, e.zone, e.start_at FROM entries e
    WHERE e.account = c.account AND e.campaign = c.campaign AND e.segment = c.segment AND e.xid >= c.applied AND e.xid < s.below
      AND (SELECT true FROM recipients r WHERE r.account = e.account AND r.campaign = e.campaign AND r.ordinal = e.ordinal) IS NULL
    ORDER BY e.account, e.campaign, e.segment, e.xid LIMIT $5::bigint
) x
LIMIT $5::bigint

-- name: new_recipients
INSERT INTO recipients (account, campaign, ordinal, contact, zone, node, wake_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::smallint[], $7::timestamptz[])

-- name: entry_data
SELECT u.account, u.campaign, u.ordinal, e.data
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(account, campaign, ordinal)
CROSS JOIN LATERAL (SELECT e.data FROM entries e WHERE e.account = u.account AND e.campaign = u.campaign AND e.ordinal = u.ordinal
                    AND e.data IS NOT NULL OFFSET 0) e

-- name: close_ended
-- Nobody enters after the end.
UPDATE campaigns SET closed_at = clock_timestamp(), revision = revision + 1
WHERE kind = 'open' AND closed_at IS NULL AND end_at <= clock_timestamp() AND state IN ('scheduled', 'running', 'paused')

-- name: count_entered
UPDATE campaigns c SET recipients = e.next FROM entering e
WHERE e.account = c.account AND e.campaign = c.campaign AND c.recipients <> e.next
