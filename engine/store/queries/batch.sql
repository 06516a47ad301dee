-- name: people
-- OFFSET 0: by keys, whatever the planner believes about the size of the table.
SELECT u.account, u.contact, c.*
FROM unnest($1::bigint[], $2::bigint[]) AS u(account, contact)
CROSS JOIN LATERAL (
    SELECT coalesce(c.phone, ''), c.name, c.email, c.zone, c.tags, c.attributes, c.addresses FROM contacts c
    WHERE c.account = u.account AND c.contact = u.contact OFFSET 0
) c

-- name: people_stops
-- OFFSET 0: the list of an account is looked into only where it has one.
SELECT DISTINCT l.account, p.contact, p.channel
FROM (SELECT a.account FROM unnest($3::bigint[]) AS a(account)
      WHERE EXISTS (SELECT FROM stop_list s WHERE s.account = a.account)) l
CROSS JOIN LATERAL (
    SELECT u.contact, s.channel
    FROM unnest($1::bigint[], $2::bigint[]) AS u(account, contact)
    JOIN contacts c ON c.account = u.account AND c.contact = u.contact
    CROSS JOIN LATERAL (
        SELECT c.phone AS address, NULL AS channel WHERE c.phone IS NOT NULL
        UNION ALL SELECT a.value, a.key FROM jsonb_each_text(c.addresses) AS a
    ) a
    JOIN stop_list s ON s.account = c.account AND s.address = a.address
     AND (a.channel IS NULL OR s.channel IN ('', a.channel))
    WHERE u.account = l.account OFFSET 0
) p

-- name: caps_rows
-- A row for everybody, so that there is something to lock.
INSERT INTO contact_caps (account, contact, campaigns, at)
SELECT u.account, u.contact, '{}', '{}'
FROM unnest($1::bigint[], $2::bigint[]) AS u(account, contact)
WHERE EXISTS (SELECT FROM contacts c WHERE c.account = u.account AND c.contact = u.contact)
ORDER BY 1, 2
ON CONFLICT (account, contact) DO NOTHING

-- name: caps
SELECT k.account, k.contact, k.campaigns, k.at, coalesce(a.cap_day, 0)::integer, coalesce(a.cap_week, 0)::integer
FROM unnest($1::bigint[], $2::bigint[]) AS u(account, contact)
JOIN contact_caps k ON k.account = u.account AND k.contact = u.contact
JOIN accounts a ON a.account = k.account
ORDER BY k.account, k.contact FOR UPDATE OF k

-- name: caps_launched
-- Walks that have had a launch, however long ago.
SELECT u.account, u.contact, u.campaign
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS u(account, contact, campaign, ordinal)
WHERE EXISTS (SELECT FROM messages m WHERE m.account = u.account AND m.campaign = u.campaign AND m.ordinal = u.ordinal)

-- name: caps_counted
UPDATE contact_caps k
SET campaigns = ARRAY(SELECT o.campaign FROM unnest(k.campaigns, k.at) WITH ORDINALITY AS o(campaign, at, place)
                      WHERE o.at > u.old ORDER BY o.place) || u.campaigns,
    at = ARRAY(SELECT o.at FROM unnest(k.campaigns, k.at) WITH ORDINALITY AS o(campaign, at, place)
               WHERE o.at > u.old ORDER BY o.place) || u.at
FROM (SELECT account, contact, array_agg(campaign) AS campaigns, array_agg(at) AS at, min(at) - $5::interval AS old
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[]) AS n(account, contact, campaign, at)
      GROUP BY account, contact) u
WHERE k.account = u.account AND k.contact = u.contact

-- name: agreed
SELECT DISTINCT c.account, c.contact, c.channel
FROM unnest($1::bigint[], $2::bigint[]) AS u(account, contact)
JOIN consents c ON c.account = u.account AND c.contact = u.contact AND c.withdrawn_at IS NULL

-- name: guard
WITH done AS (
    UPDATE segments s SET open = s.open - u.closed, applied = greatest(s.applied, u.applied),
        due = CASE WHEN u.closed < 0 THEN coalesce(s.due, clock_timestamp()) ELSE s.due END -- it got somebody
    FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::xid8[], $6::integer[])
        AS u(account, campaign, segment, epoch, applied, closed)
    WHERE s.account = u.account AND s.campaign = u.campaign AND s.segment = u.segment AND s.epoch = u.epoch
    RETURNING 1
)
SELECT all_held(count(*), $7) FROM done

-- name: recipients
UPDATE recipients r
SET node = u.node, phase = u.phase, outcome = u.outcome, attempt = u.attempt, key = u.key, unsure = u.unsure,
    facts = u.facts, entered_at = u.entered_at, launched_at = u.launched_at, accepted_at = u.accepted_at,
    wake_at = u.wake_at, heard = u.heard::integer[], ended_at = u.ended_at, reason = u.reason
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::smallint[],
        $8::smallint[], $9::boolean[], $10::integer[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
        $14::timestamptz[], $15::text[], $16::timestamptz[], $17::text[])
    AS u(account, campaign, ordinal, node, phase, outcome, attempt, key, unsure, facts, entered_at, launched_at,
        accepted_at, wake_at, heard, ended_at, reason)
WHERE r.account = u.account AND r.campaign = u.campaign AND r.ordinal = u.ordinal

-- name: messages
INSERT INTO messages (account, campaign, ordinal, node, attempt, launched_at, hand_by, address, text, content)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::timestamptz[],
    $7::timestamptz[], $8::text[], $9::text[], $10::json[])

-- name: messages_copy
COPY messages (account, campaign, ordinal, node, attempt, launched_at, hand_by, address, text, content)
FROM STDIN (FORMAT binary)

-- name: steps_copy
COPY steps (account, campaign, ordinal, node, link, attempts, facts, entered_at, sent_at, decided_at, reason, chosen)
FROM STDIN (FORMAT binary)

-- name: steps
INSERT INTO steps (account, campaign, ordinal, node, link, attempts, facts, entered_at, sent_at, decided_at, reason, chosen)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[],
    $7::integer[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[])

-- name: counters
INSERT INTO counters AS c (account, campaign, shard, node, what, n)
SELECT u.account, u.campaign, current_setting('kaskad.shard')::smallint, u.node, u.what, u.n
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::bigint[]) AS u(account, campaign, node, what, n)
ON CONFLICT (account, campaign, shard, node, what) DO UPDATE SET n = c.n + excluded.n

-- name: stops
INSERT INTO stop_list (account, address, channel, reason, source)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (account, address, channel) DO NOTHING

-- name: interrupts
WITH at AS MATERIALIZED (SELECT recorded() AS now),
new AS (
    INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, value, recorded_at)
    SELECT r.account, r.campaign, r.ordinal / 10000, r.ordinal, -1, 0, 262144, u.reason, at.now
    FROM at, unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
        AS u(account, contact, campaign, ordinal, reason)
    JOIN recipients r ON r.account = u.account AND r.contact = u.contact
    WHERE r.phase <> 7 AND NOT (r.campaign = u.campaign AND r.ordinal = u.ordinal)
    ON CONFLICT DO NOTHING
    RETURNING account, campaign, segment
)
INSERT INTO wakes (account, campaign, segment) SELECT DISTINCT account, campaign, segment FROM new

-- name: contact_changes
UPDATE contacts c
SET attributes = c.attributes || u.attributes::jsonb,
    tags = ARRAY(SELECT t FROM unnest(c.tags) AS t WHERE t NOT IN (SELECT json_array_elements_text(u.removed::json)))
        || ARRAY(SELECT t FROM json_array_elements_text(u.added::json) AS t WHERE t <> ALL (c.tags))
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])
    AS u(account, contact, attributes, added, removed)
WHERE c.account = u.account AND c.contact = u.contact

-- name: groups_made
INSERT INTO groups (account, group_id, name)
SELECT u.account, u.id, u.name
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS u(account, id, name)
WHERE NOT EXISTS (SELECT FROM groups g WHERE g.account = u.account AND folded(g.name) = folded(u.name))
ORDER BY u.account, folded(u.name) COLLATE "C"
ON CONFLICT DO NOTHING

-- name: group_changes
SELECT change_members($1::bigint[], $2::bigint[], $3::text[], $4::boolean[])

-- name: troubles
INSERT INTO troubles (account, campaign, ordinal, node, what, at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::timestamptz[])
ON CONFLICT DO NOTHING

-- name: set_aside
INSERT INTO set_aside (account, campaign, ordinal, node, why, at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::timestamptz[])
ON CONFLICT DO NOTHING

-- name: extended
UPDATE messages m SET hand_by = $6::timestamptz
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[])
    AS u(account, campaign, ordinal, node, attempt)
WHERE m.account = u.account AND m.campaign = u.campaign AND m.ordinal = u.ordinal AND m.node = u.node
  AND m.attempt = u.attempt

-- name: unanswered
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[])
        AS u(account, campaign, ordinal, node, attempt)
),
open AS MATERIALIZED (
    SELECT * FROM wanted
    EXCEPT
    SELECT a.account, a.campaign, a.ordinal, a.node, a.attempt
    FROM (SELECT DISTINCT account, campaign, (ordinal / 10000)::integer AS segment FROM wanted) s
    JOIN answers a ON a.account = s.account AND a.campaign = s.campaign AND a.segment = s.segment
)
SELECT m.account, m.campaign, m.ordinal, m.node, m.attempt, m.launched_at, m.hand_by, m.address, m.text, m.content
FROM open o
JOIN messages m ON m.account = o.account AND m.campaign = o.campaign AND m.ordinal = o.ordinal AND m.node = o.node
 AND m.attempt = o.attempt
WHERE NOT EXISTS (SELECT FROM facts f WHERE f.account = m.account AND f.campaign = m.campaign AND f.ordinal = m.ordinal
                  AND f.node = m.node AND f.attempt = m.attempt)

-- name: contacts_of
SELECT coalesce(r.contact, 0)
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS u(account, campaign, ordinal, place)
LEFT JOIN recipients r ON r.account = u.account AND r.campaign = u.campaign AND r.ordinal = u.ordinal
ORDER BY u.place

-- name: lease
WITH locked AS MATERIALIZED (
    SELECT granted_to FROM rates WHERE account = $1 AND campaign = $2 FOR UPDATE
),
clock AS MATERIALIZED (
    SELECT granted_to, clock_timestamp() AS now FROM locked
),
granted AS MATERIALIZED (
    SELECT from_at, least($4::bigint, floor(extract(epoch FROM now - from_at) * $3::bigint)::bigint) AS n
    FROM (SELECT now, greatest(granted_to, now - greatest($5::interval, ceil(1000000.0 / $3::bigint) * interval '1 microsecond')) AS from_at
          FROM clock) f
)
UPDATE rates r SET granted_to = g.from_at + ceil(greatest(g.n, 0) * 1000000.0 / $3::bigint) * interval '1 microsecond'
FROM granted g WHERE r.account = $1 AND r.campaign = $2
RETURNING greatest(g.n, 0)

-- name: lease_row
INSERT INTO rates (account, campaign, granted_to) VALUES ($1, $2, '-infinity') ON CONFLICT DO NOTHING
