-- name: cursors_ahead
-- Of all accounts: a cursor above the server's own ids can only come from another server.
SELECT EXISTS (SELECT FROM segments WHERE account IS NOT NULL AND applied > pg_snapshot_xmax(pg_current_snapshot()))
