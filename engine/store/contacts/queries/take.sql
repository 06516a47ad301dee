-- name: take_locks
-- People without a phone are found by something that is not unique: who makes the same one waits.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema()::text || '/person/' || $1::bigint || '/' || v, 0))
FROM (SELECT DISTINCT v FROM unnest($2::text[]) AS v ORDER BY v) u

-- name: take_find
-- By e-mail where the channel is empty, else by an address in it. $4 are the values as words of the index.
SELECT u.place, c.contact
FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS u(channel, value, word, place)
CROSS JOIN LATERAL (
    SELECT c.contact FROM contacts c
    WHERE c.account = $1 AND contact_words(c.account, c.name, c.email, c.addresses) @@ u.word::tsquery
      AND CASE WHEN u.channel = '' THEN folded(c.email) = folded(u.value) ELSE c.addresses ->> u.channel = u.value END
    ORDER BY c.contact LIMIT 1
) c

-- name: take_put
-- By phone, or by the id of a contact that was found or is to be made. What the request says wins, the rest stays.
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS p(contact bigint, phone text, name text, email text, zone text, attributes jsonb,
        addresses jsonb, found boolean)
), changed AS (
    UPDATE contacts c SET name = coalesce(nullif(p.name, ''), c.name), email = coalesce(nullif(p.email, ''), c.email),
        zone = coalesce(nullif(p.zone, ''), c.zone), attributes = c.attributes || p.attributes, addresses = c.addresses || p.addresses
    FROM given p
    WHERE p.found AND c.account = $1 AND c.contact = p.contact
      AND (p.name NOT IN ('', c.name) OR p.email NOT IN ('', c.email) OR p.zone NOT IN ('', c.zone)
           OR c.attributes <> c.attributes || p.attributes OR c.addresses <> c.addresses || p.addresses)
)
INSERT INTO contacts AS c (account, contact, phone, name, email, zone, attributes, addresses, source, created_at, updated_at)
SELECT $1, p.contact, nullif(p.phone, '') COLLATE "C", p.name, p.email, p.zone, p.attributes, p.addresses, 'api', $3::timestamptz, $3::timestamptz
FROM given p WHERE NOT p.found ORDER BY 3, 2
ON CONFLICT (account, phone) DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), c.name), email = coalesce(nullif(excluded.email, ''), c.email),
    zone = coalesce(nullif(excluded.zone, ''), c.zone),
    attributes = c.attributes || excluded.attributes, addresses = c.addresses || excluded.addresses
WHERE (excluded.name NOT IN ('', c.name)) OR (excluded.email NOT IN ('', c.email)) OR (excluded.zone NOT IN ('', c.zone))
    OR c.attributes <> c.attributes || excluded.attributes OR c.addresses <> c.addresses || excluded.addresses

-- name: take_phones
SELECT u.place, c.contact FROM unnest($2::text[]) WITH ORDINALITY AS u(phone, place)
CROSS JOIN LATERAL (SELECT c.contact FROM contacts c WHERE c.account = $1 AND c.phone = u.phone OFFSET 0) c
