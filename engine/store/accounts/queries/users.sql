-- name: user_create
INSERT INTO users (user_id, email, name, password, language, zone, created_at) VALUES ($1, $2, $3, nullif($4, ''), $5, $6, $7)

-- name: user_any
SELECT EXISTS (SELECT 1 FROM users)

-- name: user_first
-- Only as long as nobody has a password.
SELECT u.user_id, u.email FROM users u JOIN members m USING (user_id)
WHERE m.role = 'owner' AND NOT EXISTS (SELECT 1 FROM users o WHERE o.password IS NOT NULL)
ORDER BY u.created_at, u.user_id LIMIT 1

-- name: user_password
UPDATE users SET password = $2 WHERE user_id = $1

-- name: user_change
UPDATE users SET name = $2, language = $3, zone = $4 WHERE user_id = $1

-- name: user_name
UPDATE users SET name = $2 WHERE user_id = $1

-- name: user_homeless
DELETE FROM users u WHERE u.user_id = $1 AND NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.user_id)

-- name: member_add
INSERT INTO members (account, user_id, role, joined_at) VALUES ($1, $2, $3, $4)

-- name: member
SELECT u.user_id, u.email, u.name, m.role, u.language, u.zone, u.password IS NOT NULL, m.joined_at
FROM members m JOIN users u USING (user_id) WHERE m.account = $1 AND m.user_id = $2

-- name: member_list
SELECT u.user_id, u.email, u.name, m.role, u.language, u.zone, u.password IS NOT NULL, m.joined_at
FROM members m JOIN users u USING (user_id)
WHERE m.account = $1 AND ($3::text = '' OR m.role = $3)
    AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS w WHERE strpos(folded(u.email || ' ' || u.name), folded(w)) = 0)

-- name: member_lock
-- All owners are locked too, in one order: two who remove each other at once must not both succeed.
SELECT user_id, role FROM members WHERE account = $1 AND (user_id = $2 OR role = 'owner') ORDER BY user_id FOR UPDATE

-- name: member_role
UPDATE members SET role = $3 WHERE account = $1 AND user_id = $2

-- name: member_remove
DELETE FROM members WHERE account = $1 AND user_id = $2

-- name: member_elsewhere
SELECT m.role, (SELECT own.role FROM members own WHERE own.account = m.account AND own.user_id = $3)
FROM members m WHERE m.user_id = $2 AND m.account <> $1

-- name: standings
SELECT a.account, a.name, m.role FROM members m JOIN accounts a USING (account)
WHERE m.user_id = $1 AND a.closed_at IS NULL ORDER BY a.name, a.account LIMIT 1000

-- name: homes
SELECT account FROM members WHERE user_id = $1 ORDER BY account

-- name: reset_make
INSERT INTO resets (user_id, secret, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, expires_at = excluded.expires_at

-- name: reset_of
SELECT u.user_id, u.email, u.name, coalesce(u.password, ''), r.expires_at FROM resets r JOIN users u USING (user_id) WHERE r.secret = $1

-- name: reset_use
DELETE FROM resets WHERE secret = $1 AND expires_at > $2

-- name: reset_drop
DELETE FROM resets WHERE user_id = $1

-- name: invitation_make
INSERT INTO invitations AS i (account, invitation, secret, email, name, role, made_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (account, email) DO UPDATE SET invitation = excluded.invitation, secret = excluded.secret, name = excluded.name,
    role = excluded.role, made_by = excluded.made_by, created_at = excluded.created_at, expires_at = excluded.expires_at

-- name: invitation_of
SELECT i.account, i.invitation, i.email, i.name, i.role, i.expires_at, a.name, coalesce(u.user_id, 0), coalesce(u.password, '')
FROM invitations i JOIN accounts a ON a.account = i.account AND a.closed_at IS NULL LEFT JOIN users u ON u.email = i.email
WHERE i.secret = $1

-- name: invitation_use
DELETE FROM invitations WHERE secret = $1 AND expires_at > $2

-- name: invitation_list
SELECT invitation, email, name, role, made_by, created_at, expires_at FROM invitations
WHERE account = $1 AND ($3::text = '' OR role = $3) AND ($4::text = '' OR (expires_at > $5) = ($4 = 'open'))
    AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS w WHERE strpos(folded(email || ' ' || name), folded(w)) = 0)

-- name: invitation_drop
DELETE FROM invitations WHERE account = $1 AND invitation = $2 RETURNING email

-- name: member_by_email
SELECT EXISTS (SELECT 1 FROM members m JOIN users u USING (user_id) WHERE m.account = $1 AND u.email = $2)
