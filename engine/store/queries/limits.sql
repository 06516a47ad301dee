-- name: limit_lease
-- $3 the process; $4 messages a second and $5 wanted; $6 calls at once, $7 wanted and $8 under way; $9 for how long a message
-- counts, $10 for how long calls are lent. Whoever waits without a call comes before those that have some.
WITH locked AS MATERIALIZED (
    SELECT * FROM connection_limits WHERE account = $1 AND connection = $2 FOR UPDATE
),
clock AS MATERIALIZED (
    SELECT l.*, clock_timestamp() AS now FROM locked l
),
spent AS MATERIALIZED (
    SELECT u.at, u.n FROM clock c, unnest(c.spent_at, c.spent) AS u(at, n) WHERE u.at > c.now - $9::interval
),
holder AS MATERIALIZED (
    SELECT u.* FROM clock c, unnest(c.holders, c.calls, c.since, c.until) AS u(holder, calls, since, until) WHERE u.until > c.now
),
share AS MATERIALIZED (
    SELECT c.now, m.calls AS had, m.since, o.n + 1 AS holders,
        least(ceil($6::float8 / (o.n + 1))::integer,
              $6::integer - o.calls - (SELECT count(*) FROM holder w WHERE w.holder <> $3 AND w.calls = 0
                                       AND (m.calls > 0 OR w.since < coalesce(m.since, c.now)))::integer) AS free
    FROM clock c
    CROSS JOIN (SELECT count(*)::integer AS n, coalesce(sum(calls), 0)::integer AS calls FROM holder WHERE holder <> $3) o
    LEFT JOIN holder m ON m.holder = $3
),
granted AS MATERIALIZED (
    SELECT s.*, greatest($8::integer, least($7::integer, s.free), 0) AS calls,
        (SELECT coalesce(sum(n), 0) FROM spent)::integer AS recent,
        date_bin('20 milliseconds', s.now, timestamptz 'epoch') + interval '20 milliseconds' AS at
    FROM share s
),
messages AS MATERIALIZED (
    SELECT CASE WHEN g.calls <= $8::integer THEN 0 -- it could not be sent now
                WHEN $4::integer = 0 THEN $5::integer
                ELSE greatest(least($5::integer, $4::integer - g.recent), 0) END AS n
    FROM granted g
),
ledger AS MATERIALIZED (
    SELECT coalesce(array_agg(at ORDER BY at), '{}') AS at, coalesce(array_agg(n ORDER BY at), '{}') AS n FROM (
        SELECT at, sum(n)::integer AS n FROM (
            SELECT at, n FROM spent UNION ALL SELECT g.at, m.n FROM granted g, messages m WHERE $4::integer > 0 AND m.n > 0) x
        GROUP BY at) y
),
kept AS MATERIALIZED (
    SELECT coalesce(array_agg(holder ORDER BY holder), '{}') AS holders, coalesce(array_agg(calls ORDER BY holder), '{}') AS calls,
        coalesce(array_agg(since ORDER BY holder), '{}') AS since, coalesce(array_agg(until ORDER BY holder), '{}') AS until
    FROM (SELECT holder, calls, since, until FROM holder WHERE holder <> $3
          UNION ALL SELECT $3, g.calls, CASE WHEN (g.had > 0) = (g.calls > 0) THEN g.since ELSE g.now END, g.now + $10::interval
          FROM granted g WHERE $7::integer > 0 OR $8::integer > 0) x
)
UPDATE connection_limits l
SET spent_at = p.at, spent = p.n, holders = k.holders, calls = k.calls, since = k.since, until = k.until
FROM granted g, messages m, ledger p, kept k
WHERE l.account = $1 AND l.connection = $2
RETURNING m.n, g.calls, g.holders, g.now,
    coalesce((SELECT min(at) FROM spent) + $9::interval - g.now, interval '0')

-- name: limit_row
INSERT INTO connection_limits (account, connection) VALUES ($1, $2) ON CONFLICT DO NOTHING
