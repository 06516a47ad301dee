-- name: tests
SELECT test, name, script, expected, user_id, token_id, user_name, created_at, updated_at
FROM scheme_tests WHERE account = $1 AND scheme = $2 ORDER BY test

-- name: test_heads
SELECT test, name, user_id, token_id, user_name, created_at, updated_at
FROM scheme_tests WHERE account = $1 AND scheme = $2 ORDER BY test

-- name: test
SELECT test, name, script, expected, user_id, token_id, user_name, created_at, updated_at
FROM scheme_tests WHERE account = $1 AND scheme = $2 AND test = $3

-- name: tests_stamp
SELECT tests_stamp FROM schemes WHERE account = $1 AND scheme = $2

-- name: tests_count
SELECT count(*) FROM scheme_tests WHERE account = $1 AND scheme = $2

-- name: test_add
INSERT INTO scheme_tests (account, scheme, test, name, script, expected, user_id, token_id, user_name, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)

-- name: test_change
UPDATE scheme_tests SET name = $4, script = $5, expected = $6, user_id = $7, token_id = $8, user_name = $9, updated_at = $10
WHERE account = $1 AND scheme = $2 AND test = $3

-- name: test_delete
DELETE FROM scheme_tests WHERE account = $1 AND scheme = $2 AND test = $3

-- name: tests_changed
UPDATE schemes SET tests_stamp = tests_stamp + 1 WHERE account = $1 AND scheme = $2
