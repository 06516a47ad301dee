-- name: winner
SELECT variant FROM winners WHERE account = $1 AND campaign = $2 AND node = $3

-- name: winner_set
INSERT INTO winners (account, campaign, node, variant, decided_at) VALUES ($1, $2, $3, $4, clock_timestamp())
ON CONFLICT DO NOTHING

-- name: winner_by_fact
SELECT s.chosen, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM facts f
    JOIN messages m ON m.account = f.account AND m.campaign = f.campaign AND m.ordinal = f.ordinal AND m.node = f.node
     AND m.attempt = f.attempt
    WHERE f.account = s.account AND f.campaign = s.campaign AND f.ordinal = s.ordinal AND f.fact = $4::integer
      AND m.launched_at >= s.decided_at))
FROM steps s
WHERE s.account = $1 AND s.campaign = $2 AND s.node = $3 AND s.chosen <> ''
GROUP BY s.chosen

-- name: winner_by_goal
SELECT s.chosen, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM steps g
    WHERE g.account = s.account AND g.campaign = s.campaign AND g.ordinal = s.ordinal AND g.node = ANY ($4::smallint[])
      AND g.decided_at >= s.decided_at))
FROM steps s
WHERE s.account = $1 AND s.campaign = $2 AND s.node = $3 AND s.chosen <> ''
GROUP BY s.chosen
