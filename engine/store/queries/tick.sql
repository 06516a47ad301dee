-- name: tick_clock
SELECT clock_timestamp(), pg_current_xact_id()

-- name: tick_events
-- ORDER BY keeps the planner to the tails: while it remembers a table as empty, any index looks as good to it.
SELECT s.below, e.account, e.campaign, e.ordinal, e.node, e.attempt, e.fact, e.value, e.scope, e.recorded_at
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS below) s
LEFT JOIN LATERAL (
    SELECT c.account, c.campaign, x.*
    FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::xid8[]) AS c(account, campaign, segment, applied)
    CROSS JOIN LATERAL (
        (SELECT a.ordinal, a.node, a.attempt, 0 AS fact, '' AS value, 0::smallint AS scope, a.recorded_at
         FROM answers a
         WHERE a.account = c.account AND a.campaign = c.campaign AND a.segment = c.segment
           AND a.xid >= c.applied AND a.xid < s.below
         ORDER BY a.account, a.campaign, a.segment, a.xid)
        UNION ALL
        (SELECT f.ordinal, f.node, f.attempt, f.fact, f.value, f.scope, f.recorded_at
         FROM facts f
         WHERE f.account = c.account AND f.campaign = c.campaign AND f.segment = c.segment
           AND f.xid >= c.applied AND f.xid < s.below AND NOT f.implied
         ORDER BY f.account, f.campaign, f.segment, f.xid)
    ) x
) e ON true
