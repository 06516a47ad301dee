-- name: trace_recipients
-- One that was set aside has ended as failed, whatever its own row says.
SELECT r.ordinal, r.contact, r.zone, r.node, CASE WHEN a.at IS NULL THEN r.phase ELSE 7::smallint END,
       CASE WHEN a.at IS NULL THEN r.outcome ELSE 3::smallint END, r.attempt, r.key, r.unsure, r.facts, r.entered_at,
       r.launched_at, r.accepted_at, r.wake_at, r.heard, coalesce(a.at, r.ended_at), CASE WHEN a.at IS NULL THEN coalesce(r.reason, '') ELSE 'fault' END
FROM contacts c JOIN recipients r ON r.account = c.account AND r.contact = c.contact
LEFT JOIN set_aside a ON a.account = r.account AND a.campaign = r.campaign AND a.ordinal = r.ordinal
WHERE c.account = $1 AND c.phone = $3 AND r.campaign = $2 ORDER BY r.ordinal

-- name: trace_steps
SELECT node, link, attempts, facts, entered_at, sent_at, decided_at, reason, chosen FROM steps
WHERE account = $1 AND campaign = $2 AND ordinal = $3 ORDER BY entered_at, decided_at, node

-- name: trace_messages
SELECT node, attempt, launched_at, hand_by, address, text, content FROM messages
WHERE account = $1 AND campaign = $2 AND ordinal = $3 ORDER BY launched_at, node, attempt

-- name: trace_answers
SELECT node, attempt, connection, provider_id, recorded_at FROM answers
WHERE account = $1 AND campaign = $2 AND segment = $4 AND ordinal = $3 ORDER BY recorded_at

-- name: trace_facts
SELECT node, attempt, fact, value, scope, implied, recorded_at, provider_at FROM facts
WHERE account = $1 AND campaign = $2 AND ordinal = $3 ORDER BY recorded_at, fact

-- name: trace_troubles
SELECT node, what, at FROM troubles WHERE account = $1 AND campaign = $2 AND ordinal = $3
UNION ALL SELECT node, why, at FROM set_aside WHERE account = $1 AND campaign = $2 AND ordinal = $3
ORDER BY at, node
