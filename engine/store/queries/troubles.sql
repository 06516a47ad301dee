-- name: troubles_count
SELECT count(*) FROM troubles WHERE account = $1 AND campaign = $2

-- name: troubles_first
SELECT t.ordinal, coalesce(c.phone, ''), t.node, t.what, t.at
FROM troubles t
LEFT JOIN recipients r ON r.account = t.account AND r.campaign = t.campaign AND r.ordinal = t.ordinal
LEFT JOIN contacts c ON c.account = r.account AND c.contact = r.contact
WHERE t.account = $1 AND t.campaign = $2
ORDER BY t.ordinal, t.node, t.what LIMIT $3
