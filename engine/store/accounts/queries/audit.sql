-- name: audit
-- The id holds the time in microseconds since 2020, then 12 bits of chance.
INSERT INTO audit (account, id, at, user_id, token_id, name, ip, what, object, object_id, change)
SELECT $1::bigint, (((extract(epoch FROM t.at) - 1577836800) * 1000000)::bigint << 12) | floor(random() * 4096)::bigint, t.at,
    nullif($2::bigint, 0), nullif($3::bigint, 0), $4::text, $5::text, $6::text, $7::text, nullif($8::bigint, 0), $9::jsonb
FROM (SELECT clock_timestamp() AS at) t
