-- name: troubles_count
SELECT (SELECT count(*) FROM troubles WHERE account = $1 AND campaign = $2) +
       (SELECT count(*) FROM set_aside WHERE account = $1 AND campaign = $2)

-- name: troubles_first
SELECT t.ordinal, coalesce(c.phone, ''), t.node, t.what, t.at
FROM (SELECT account, campaign, ordinal, node, what, at FROM troubles WHERE account = $1 AND campaign = $2
      UNION ALL SELECT account, campaign, ordinal, node, why, at FROM set_aside WHERE account = $1 AND campaign = $2) t
LEFT JOIN recipients r ON r.account = t.account AND r.campaign = t.campaign AND r.ordinal = t.ordinal
LEFT JOIN contacts c ON c.account = r.account AND c.contact = r.contact
ORDER BY t.ordinal, t.node, t.what LIMIT $3
