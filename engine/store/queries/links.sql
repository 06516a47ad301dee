-- name: message_link
SELECT content -> 'links' ->> $6::integer FROM messages
WHERE account = $1 AND campaign = $2 AND ordinal = $3 AND node = $4 AND attempt = $5
