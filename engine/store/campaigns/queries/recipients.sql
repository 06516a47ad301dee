-- name: recipients
-- $3 the recipient before, $11 the one to stop before, $4 phases from and $5 to, $6 outcome (-1: any), $7 block (-1: any), $8 reason, $9 contacts (null: all).
-- Whoever was set aside has ended as failed, whatever its own row says.
SELECT r.ordinal, r.contact, coalesce(c.name, ''), coalesce(c.phone, ''), r.zone, x.phase, x.outcome, r.node, r.entered_at,
       r.wake_at, coalesce(a.at, r.ended_at), x.reason
FROM recipients r LEFT JOIN contacts c ON c.account = r.account AND c.contact = r.contact
LEFT JOIN set_aside a ON a.account = r.account AND a.campaign = r.campaign AND a.ordinal = r.ordinal
CROSS JOIN LATERAL (SELECT CASE WHEN a.at IS NULL THEN r.phase ELSE 7::smallint END AS phase,
    CASE WHEN a.at IS NULL THEN r.outcome ELSE 3::smallint END AS outcome,
    CASE WHEN a.at IS NULL THEN coalesce(r.reason, '') ELSE 'fault' END AS reason) x
WHERE r.account = $1 AND r.campaign = $2 AND r.ordinal > $3 AND x.phase BETWEEN $4 AND $5
  AND ($6::smallint < 0 OR x.outcome = $6) AND ($7::smallint < 0 OR r.node = $7)
  AND ($8::text = '' OR x.reason = $8 OR starts_with(x.reason, $8 || ':'))
  AND ($9::bigint[] IS NULL OR r.contact = ANY ($9)) AND r.ordinal < $11
ORDER BY r.ordinal LIMIT $10

-- name: block_statuses
-- What was reported of some recipients' messages, block by block, and why the block was left.
SELECT u.ordinal, x.node, bit_or(x.facts), max(x.reason), max(x.decided_at)
FROM unnest($3::bigint[]) AS u(ordinal)
CROSS JOIN LATERAL (
    SELECT s.node, s.facts, s.reason, s.decided_at FROM steps s WHERE s.account = $1 AND s.campaign = $2 AND s.ordinal = u.ordinal
    UNION ALL
    SELECT f.node, f.fact & 65535, '', NULL FROM facts f WHERE f.account = $1 AND f.campaign = $2 AND f.ordinal = u.ordinal
    OFFSET 0
) x
GROUP BY u.ordinal, x.node ORDER BY u.ordinal, x.node

-- name: found_by_phone
SELECT contact FROM contacts
WHERE account = $1 AND phone IS NOT NULL AND reverse(phone) COLLATE "C" LIKE reverse($2::text) || '%' LIMIT 1000

-- name: found_by_name
SELECT contact FROM contacts
WHERE account = $1 AND (folded(name)) COLLATE "C" >= folded($2::text)
  AND (folded(name)) COLLATE "C" < folded($2::text) || U&'\+10FFFF' LIMIT 5000

-- name: walks
SELECT r.campaign, k.name, k.test, k.version, r.ordinal, r.contact, r.zone,
       CASE WHEN a.at IS NULL THEN r.phase ELSE 7::smallint END, CASE WHEN a.at IS NULL THEN r.outcome ELSE 3::smallint END,
       r.node, r.entered_at, r.wake_at, coalesce(a.at, r.ended_at), CASE WHEN a.at IS NULL THEN coalesce(r.reason, '') ELSE 'fault' END
FROM recipients r JOIN campaigns k ON k.account = r.account AND k.campaign = r.campaign
LEFT JOIN set_aside a ON a.account = r.account AND a.campaign = r.campaign AND a.ordinal = r.ordinal
WHERE r.account = $1 AND r.contact = $2 AND k.state NOT IN ('draft', 'moderation')
  AND ($3::bigint = 0 OR (r.campaign, r.ordinal) < ($3, $4::bigint))
ORDER BY r.campaign DESC, r.ordinal DESC LIMIT $5

-- name: contact_there
SELECT EXISTS (SELECT FROM contacts WHERE account = $1 AND contact = $2)
    OR EXISTS (SELECT FROM recipients WHERE account = $1 AND contact = $2)

-- name: troubles
-- $7 are the words that are looked for, $8 and $9 in which blocks' names a word is.
SELECT t.ordinal, coalesce(c.phone, ''), t.node, t.what, t.at
FROM (SELECT account, campaign, ordinal, node, what, at FROM troubles WHERE account = $1 AND campaign = $2
      UNION ALL SELECT account, campaign, ordinal, node, why, at FROM set_aside WHERE account = $1 AND campaign = $2) t
LEFT JOIN recipients r ON r.account = t.account AND r.campaign = t.campaign AND r.ordinal = t.ordinal
LEFT JOIN contacts c ON c.account = r.account AND c.contact = r.contact
WHERE (t.ordinal, t.node, t.what) > ($3, $4::smallint, $5::text)
  AND NOT EXISTS (SELECT FROM unnest($7::text[]) AS w
                  WHERE strpos(folded(t.ordinal || ' ' || coalesce(c.phone, '') || ' ' || t.what), folded(w)) = 0
                    AND NOT EXISTS (SELECT FROM unnest($8::text[], $9::smallint[]) AS b(word, node) WHERE b.word = w AND b.node = t.node))
ORDER BY t.ordinal, t.node, t.what LIMIT $6

-- name: troubles_count
SELECT (SELECT count(*) FROM troubles WHERE account = $1 AND campaign = $2)
     + (SELECT count(*) FROM set_aside WHERE account = $1 AND campaign = $2)

-- name: unknown
SELECT connection, provider_id, fact, unique_by, value, times, recorded_at, provider_at FROM unknown_facts
WHERE account = $1 AND (connection, provider_id, fact, unique_by) > ($2, $3::text, $4::integer, $5::text)
ORDER BY connection, provider_id, fact, unique_by LIMIT $6

-- name: contact_of
SELECT coalesce(c.name, ''), coalesce(c.phone, '') FROM contacts c WHERE c.account = $1 AND c.contact = $2
