-- In these statements import_stage stands for the table of one import. It is not logged: after a crash of the database it is
-- empty, and the file is read again.

-- name: stage_create
-- `phone` is what a row is known by: without a phone email:<address> or <channel>:<address>, which sort behind all phones.
CREATE UNLOGGED TABLE import_stage (
    phone      text COLLATE "C" PRIMARY KEY,
    contact    bigint NOT NULL,
    line       bigint NOT NULL,
    name       text NOT NULL,
    email      text NOT NULL,
    zone       text NOT NULL,
    tags       text[] NOT NULL,
    attributes jsonb NOT NULL,
    addresses  jsonb NOT NULL,
    found      boolean NOT NULL DEFAULT false -- without a phone: contact is one that is there
) WITH (autovacuum_enabled = false)

-- name: stage_drop
DROP TABLE IF EXISTS import_stage

-- name: stage_there
SELECT to_regclass('import_stage') IS NOT NULL

-- name: stage_count
SELECT count(*) FROM import_stage

-- name: stage_lines
SELECT phone, line FROM import_stage WHERE phone = ANY ($1::text[])

-- name: stage_take
DELETE FROM import_stage WHERE phone = ANY ($1::text[])
RETURNING phone, contact, line, name, email, zone, tags, attributes, addresses

-- Tables of imports whose tasks have ended, or that there are no more.
-- name: stage_orphans
SELECT t.relname::text FROM pg_class t
WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r' AND t.relname ~ '^import_stage_[0-9]+$'
  AND NOT EXISTS (SELECT FROM tasks j WHERE j.object = substr(t.relname, 14)::bigint AND j.state IN ('waiting', 'running'))

-- The rows of a piece are looked up by keys, one by one (LATERAL with OFFSET, LIMIT): other plans would come from guesses
-- about tables that have just been filled, and be quadratic.
-- name: by_keys
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)

-- name: store_keep
WITH part AS MATERIALIZED (SELECT * FROM import_stage WHERE phone > $2 AND phone < ',' ORDER BY phone LIMIT $3),
put AS (
    INSERT INTO contacts AS c (account, contact, phone, name, email, zone, tags, attributes, addresses, source, created_at, updated_at)
    SELECT $1, p.contact, p.phone, p.name, p.email, p.zone, p.tags, p.attributes, p.addresses, $4, $5, $5 FROM part p ORDER BY p.phone
    ON CONFLICT (account, phone) DO NOTHING
    RETURNING c.phone
)
SELECT coalesce(max(phone), ''), count(*), (SELECT count(*) FROM put), 0::bigint FROM part

-- name: store_merge
WITH part AS MATERIALIZED (SELECT * FROM import_stage WHERE phone > $2 AND phone < ',' ORDER BY phone LIMIT $3),
put AS (
    INSERT INTO contacts AS c (account, contact, phone, name, email, zone, tags, attributes, addresses, source, created_at, updated_at)
    SELECT $1, p.contact, p.phone, p.name, p.email, p.zone, p.tags, p.attributes, p.addresses, $4, $5, $5 FROM part p ORDER BY p.phone
    ON CONFLICT (account, phone) DO UPDATE SET
        name = coalesce(nullif(excluded.name, ''), c.name), email = coalesce(nullif(excluded.email, ''), c.email),
        zone = coalesce(nullif(excluded.zone, ''), c.zone), tags = joined_tags(c.tags, excluded.tags),
        attributes = c.attributes || excluded.attributes, addresses = c.addresses || excluded.addresses
    WHERE (excluded.name NOT IN ('', c.name)) OR (excluded.email NOT IN ('', c.email)) OR (excluded.zone NOT IN ('', c.zone))
        OR NOT c.tags @> excluded.tags OR c.attributes <> c.attributes || excluded.attributes
        OR c.addresses <> c.addresses || excluded.addresses
    RETURNING c.contact
)
SELECT (SELECT coalesce(max(phone), '') FROM part), (SELECT count(*) FROM part),
       count(*) FILTER (WHERE contact IN (SELECT contact FROM part WHERE NOT found)), count(*) FILTER (WHERE contact NOT IN (SELECT contact FROM part WHERE NOT found))
FROM put

-- name: store_fill
WITH part AS MATERIALIZED (SELECT * FROM import_stage WHERE phone > $2 AND phone < ',' ORDER BY phone LIMIT $3),
put AS (
    INSERT INTO contacts AS c (account, contact, phone, name, email, zone, tags, attributes, addresses, source, created_at, updated_at)
    SELECT $1, p.contact, p.phone, p.name, p.email, p.zone, p.tags, p.attributes, p.addresses, $4, $5, $5 FROM part p ORDER BY p.phone
    ON CONFLICT (account, phone) DO UPDATE SET
        name = coalesce(nullif(c.name, ''), excluded.name), email = coalesce(nullif(c.email, ''), excluded.email),
        zone = coalesce(nullif(c.zone, ''), excluded.zone), tags = joined_tags(c.tags, excluded.tags),
        attributes = excluded.attributes || c.attributes, addresses = excluded.addresses || c.addresses
    WHERE (c.name = '' AND excluded.name <> '') OR (c.email = '' AND excluded.email <> '') OR (c.zone = '' AND excluded.zone <> '')
        OR NOT c.tags @> excluded.tags OR c.attributes <> excluded.attributes || c.attributes
        OR c.addresses <> excluded.addresses || c.addresses
    RETURNING c.contact
)
SELECT (SELECT coalesce(max(phone), '') FROM part), (SELECT count(*) FROM part),
       count(*) FILTER (WHERE contact IN (SELECT contact FROM part WHERE NOT found)), count(*) FILTER (WHERE contact NOT IN (SELECT contact FROM part WHERE NOT found))
FROM put

-- The file has columns for name, e-mail, zone and tags where $6 to $9 say so, for the attributes of $10 and the addresses
-- of $11.
-- name: store_replace
WITH part AS MATERIALIZED (SELECT * FROM import_stage WHERE phone > $2 AND phone < ',' ORDER BY phone LIMIT $3),
put AS (
    INSERT INTO contacts AS c (account, contact, phone, name, email, zone, tags, attributes, addresses, source, created_at, updated_at)
    SELECT $1, p.contact, p.phone, p.name, p.email, p.zone, p.tags, p.attributes, p.addresses, $4, $5, $5 FROM part p ORDER BY p.phone
    ON CONFLICT (account, phone) DO UPDATE SET
        name = CASE WHEN $6::boolean THEN excluded.name ELSE c.name END,
        email = CASE WHEN $7::boolean THEN excluded.email ELSE c.email END,
        zone = CASE WHEN $8::boolean THEN excluded.zone ELSE c.zone END,
        tags = CASE WHEN $9::boolean THEN excluded.tags ELSE joined_tags(c.tags, excluded.tags) END,
        attributes = (c.attributes - $10::text[]) || excluded.attributes,
        addresses = (c.addresses - $11::text[]) || excluded.addresses
    WHERE $6 AND c.name <> excluded.name OR $7 AND c.email <> excluded.email OR $8 AND c.zone <> excluded.zone
        OR CASE WHEN $9 THEN c.tags <> excluded.tags ELSE NOT c.tags @> excluded.tags END
        OR c.attributes <> (c.attributes - $10::text[]) || excluded.attributes
        OR c.addresses <> (c.addresses - $11::text[]) || excluded.addresses
    RETURNING c.contact
)
SELECT (SELECT coalesce(max(phone), '') FROM part), (SELECT count(*) FROM part),
       count(*) FILTER (WHERE contact IN (SELECT contact FROM part WHERE NOT found)), count(*) FILTER (WHERE contact NOT IN (SELECT contact FROM part WHERE NOT found))
FROM put

-- name: others_lock
-- Who makes the same person by another way waits: see take_locks of the contacts.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema()::text || '/person/' || $1::bigint || '/' || v, 0))
FROM (SELECT CASE split_part(phone, ':', 1) WHEN 'email' THEN '' ELSE split_part(phone, ':', 1) END || ' '
             || folded(substr(phone, strpos(phone, ':') + 1)) AS v
      FROM import_stage WHERE phone > $2 AND phone > ',' ORDER BY phone LIMIT $3) u ORDER BY v

-- name: others_find
WITH part AS MATERIALIZED (
    SELECT phone AS key, split_part(phone, ':', 1) AS channel, substr(phone, strpos(phone, ':') + 1) AS value
    FROM import_stage WHERE phone > $2 AND phone > ',' ORDER BY phone LIMIT $3
), there AS (
    SELECT p.key, f.contact FROM part p CROSS JOIN LATERAL (
        SELECT c.contact FROM contacts c
        WHERE c.account = $1 AND contact_words(c.account, c.name, c.email, c.addresses) @@
            ('''' || replace(replace($1::bigint::text || ':' || left(folded(p.value), 100), '\', '\\'), '''', '''''') || '''')::tsquery
          AND CASE p.channel WHEN 'email' THEN folded(c.email) = p.value ELSE c.addresses ->> p.channel = p.value END
        ORDER BY c.contact LIMIT 1) f
)
UPDATE import_stage s SET contact = t.contact, found = true FROM there t WHERE s.phone = t.key

-- name: store_groups
WITH there AS MATERIALIZED (
    SELECT group_id FROM groups WHERE account = $1 AND group_id = ANY ($4::bigint[]) ORDER BY group_id FOR KEY SHARE
)
INSERT INTO group_members (account, group_id, contact, added_at)
SELECT $1, g.group_id, c.contact, $5 FROM there g
CROSS JOIN import_stage p
CROSS JOIN LATERAL (SELECT c.contact FROM contacts c WHERE c.account = $1 AND c.phone = p.phone OFFSET 0) c
WHERE p.phone > $2 AND p.phone <= $3
ORDER BY 2, 3
ON CONFLICT DO NOTHING

-- One for each contact and channel, unless the same is written down already. $8 are ids enough for all.
-- name: store_consents
INSERT INTO consents (account, consent, contact, channel, text, source, given_at, recorded_at)
SELECT $1, ($8::bigint[])[w.i], w.contact, w.channel, $5, $6, $7, $9
FROM (
    SELECT c.contact, h.channel, row_number() OVER () AS i
    FROM import_stage p
    CROSS JOIN LATERAL (SELECT c.contact FROM contacts c WHERE c.account = $1 AND c.phone = p.phone OFFSET 0) c
    CROSS JOIN unnest($4::text[]) AS h(channel)
    WHERE p.phone > $2 AND p.phone <= $3
      AND (SELECT s.consent FROM consents s WHERE s.account = $1 AND s.contact = c.contact AND s.channel = h.channel
           AND s.text = $5 AND s.withdrawn_at IS NULL LIMIT 1) IS NULL
) w

-- name: members_find
SELECT u.i, c.contact FROM unnest($2::text[]) WITH ORDINALITY AS u(phone, i)
CROSS JOIN LATERAL (SELECT c.contact FROM contacts c WHERE c.account = $1 AND c.phone = u.phone OFFSET 0) c WHERE u.phone <> ''
UNION ALL
SELECT u.i, c.contact FROM unnest($3::text[]) WITH ORDINALITY AS u(email, i)
CROSS JOIN LATERAL (SELECT c.contact FROM contacts c
    WHERE c.account = $1 AND folded(c.email) COLLATE "C" = folded(u.email) AND c.email <> '' OFFSET 0) c
WHERE u.email <> ''
UNION ALL
SELECT u.i, c.contact FROM unnest($4::bigint[]) WITH ORDINALITY AS u(id, i)
CROSS JOIN LATERAL (SELECT c.contact FROM contacts c WHERE c.account = $1 AND c.contact = u.id OFFSET 0) c

-- name: members_put
WITH there AS MATERIALIZED (
    SELECT group_id FROM groups WHERE account = $1 AND group_id = ANY ($2::bigint[]) ORDER BY group_id FOR KEY SHARE
)
INSERT INTO group_members (account, group_id, contact, added_at)
SELECT DISTINCT $1::bigint, g.group_id, c.contact, $4::timestamptz FROM there g CROSS JOIN unnest($3::bigint[]) AS u(contact)
JOIN contacts c ON c.account = $1 AND c.contact = u.contact
ORDER BY 2, 3
ON CONFLICT DO NOTHING
RETURNING contact
