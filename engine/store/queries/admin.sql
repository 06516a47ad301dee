-- name: account_create
INSERT INTO accounts (account, name, zone, country, stop_words) VALUES ($1, $2, $3, $4, $5)

-- name: account
SELECT name, zone, country, stop_words FROM accounts WHERE account = $1

-- name: version_publish
INSERT INTO versions (account, version, name, format, document) VALUES ($1, $2, $3, $4, $5)

-- name: plan_anew
-- Until the end of the transaction plans are made for the tables as they are. One that was made while a table was empty, when
-- all indexes cost the same, is kept until the table is analysed, and may look at a whole account for each of thousands of keys.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true)

-- name: contacts_keep
INSERT INTO contacts (account, contact, phone, name, email, zone, tags, attributes, addresses)
SELECT $1::bigint, u.contact, nullif(u.phone, ''), u.name, u.email, u.zone,
    ARRAY(SELECT json_array_elements_text(u.tags::json)), u.attributes::jsonb, u.addresses::jsonb
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    AS u(contact, phone, name, email, zone, tags, attributes, addresses)
ON CONFLICT (account, phone) DO NOTHING

-- name: contacts_merge
INSERT INTO contacts AS c (account, contact, phone, name, email, zone, tags, attributes, addresses)
SELECT $1::bigint, u.contact, nullif(u.phone, ''), u.name, u.email, u.zone,
    ARRAY(SELECT json_array_elements_text(u.tags::json)), u.attributes::jsonb, u.addresses::jsonb
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    AS u(contact, phone, name, email, zone, tags, attributes, addresses)
ON CONFLICT (account, phone) DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), c.name), email = coalesce(nullif(excluded.email, ''), c.email),
    zone = coalesce(nullif(excluded.zone, ''), c.zone),
    tags = c.tags || ARRAY(SELECT t FROM unnest(excluded.tags) AS t WHERE t <> ALL (c.tags)),
    attributes = c.attributes || excluded.attributes, addresses = c.addresses || excluded.addresses

-- name: contacts_by_phone
-- OFFSET 0 keeps the planner from going the other way round: from all contacts of the account to the array.
SELECT u.place, c.contact
FROM unnest($2::text[]) WITH ORDINALITY AS u(phone, place)
CROSS JOIN LATERAL (SELECT c.contact FROM contacts c WHERE c.account = $1 AND c.phone = u.phone OFFSET 0) c

-- name: campaign_create
INSERT INTO campaigns (account, campaign, version, name, zone, send_window, connection, rate, start_at, end_at, tags, hurry)
VALUES ($1, $2, $3, $4, $5, $6, $7, nullif($8::integer, 0), $9, $10, $11, greatest($12::integer, 1))

-- name: enrol_lock
SELECT state, recipients FROM campaigns WHERE account = $1 AND campaign = $2 FOR UPDATE

-- name: enrol_segment
INSERT INTO segments AS s (account, campaign, segment, open, due) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account, campaign, segment) DO UPDATE SET open = s.open + excluded.open, due = least(s.due, excluded.due)

-- name: enrol_count
UPDATE campaigns SET recipients = $3 WHERE account = $1 AND campaign = $2

-- name: state_lock
SELECT state, start_at > clock_timestamp() FROM campaigns WHERE account = $1 AND campaign = $2 FOR UPDATE

-- name: state_set
-- What was a draft is launched by it.
UPDATE campaigns SET state = $3, revision = revision + 1,
    launched_at = CASE WHEN $3 = 'scheduled' AND state = 'draft' THEN clock_timestamp() ELSE launched_at END
WHERE account = $1 AND campaign = $2

-- name: segments_due_now
UPDATE segments SET due = clock_timestamp()
WHERE account = $1 AND campaign = $2 AND open > 0 AND (due IS NULL OR due > clock_timestamp())

-- name: figures
SELECT node, what, sum(n)::bigint FROM counters WHERE account = $1 AND campaign = $2 GROUP BY node, what

-- name: recount
-- What `figures` adds up, counted from the rows. $3 are the goals among the blocks, $4 and $5 the names of facts.
SELECT node, 'sent' AS what, count(*) FROM messages WHERE account = $1 AND campaign = $2 AND attempt = 1 GROUP BY node
UNION ALL
SELECT node, 'redialled', count(*) FROM messages WHERE account = $1 AND campaign = $2 AND attempt > 1 GROUP BY node
UNION ALL
SELECT node, 'accepted', count(*) FROM answers WHERE account = $1 AND campaign = $2 GROUP BY node
UNION ALL
SELECT f.node, CASE WHEN f.value ~ '^[0-9*#]$' AND w.what = 'ivr' THEN 'ivr:' || f.value ELSE w.what END, count(*)
FROM facts f JOIN unnest($4::integer[], $5::text[]) AS w(fact, what) ON w.fact = f.fact
WHERE f.account = $1 AND f.campaign = $2 GROUP BY 1, 2
UNION ALL
SELECT node, 'entered', count(*) FROM (
    SELECT node FROM steps WHERE account = $1 AND campaign = $2
    UNION ALL SELECT node FROM recipients WHERE account = $1 AND campaign = $2 AND phase BETWEEN 1 AND 6) e GROUP BY node
UNION ALL
SELECT node, CASE WHEN link < 0 THEN 'ended' ELSE 'link:' || link END, count(*)
FROM steps WHERE account = $1 AND campaign = $2 GROUP BY 1, 2
UNION ALL
SELECT node, reason, count(*) FROM steps WHERE account = $1 AND campaign = $2 AND reason LIKE 'error:%' GROUP BY 1, 2
UNION ALL
SELECT node, 'goal', count(*) FROM steps WHERE account = $1 AND campaign = $2 AND node = ANY ($3::smallint[]) GROUP BY node
UNION ALL
SELECT -1, 'end:' || (ARRAY['goal', 'completed', 'failed', 'interrupted'])[outcome], count(*)
FROM recipients WHERE account = $1 AND campaign = $2 AND phase = 7 GROUP BY outcome
UNION ALL
SELECT -1, 'end:failed', count(*) FROM set_aside WHERE account = $1 AND campaign = $2 HAVING count(*) > 0

-- name: campaigns
SELECT c.campaign, c.version, c.name, c.tags, c.state, c.zone, c.connection, coalesce(c.rate, 0), c.start_at, c.end_at,
       c.created_at, c.finished_at, c.recipients,
       (SELECT coalesce(sum(s.open), 0)::bigint FROM segments s WHERE s.account = c.account AND s.campaign = c.campaign)
FROM campaigns c WHERE c.account = $1 AND ($2::bigint = 0 OR c.campaign = $2)
ORDER BY c.created_at DESC, c.campaign DESC LIMIT $3

-- name: segment_list
SELECT segment, open, due, epoch, coalesce(holder, '') FROM segments WHERE account = $1 AND campaign = $2 ORDER BY segment

-- name: unknown_facts
SELECT connection, provider_id, fact, value, times, recorded_at, provider_at FROM unknown_facts
WHERE account = $1 ORDER BY recorded_at DESC LIMIT $2

-- name: depths
SELECT (SELECT count(*) FROM segments WHERE due <= clock_timestamp() AND open > 0 AND holder IS NULL),
       (SELECT count(*) FROM segments WHERE holder IS NOT NULL),
       (SELECT coalesce(sum(open), 0)::bigint FROM segments),
       (SELECT count(*) FROM wakes), (SELECT count(*) FROM unknown_facts),
       coalesce((SELECT clock_timestamp() - min(due) FROM segments
                 WHERE due <= clock_timestamp() AND open > 0 AND holder IS NULL), interval '0')
