-- name: locks
-- Segments that have somebody open and are due some time, of all accounts; the index has only these.
SELECT current_setting('max_locks_per_transaction')::bigint,
       current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint,
       (SELECT count(*) FROM segments WHERE account IS NOT NULL AND due IS NOT NULL)

-- name: cursors_ahead
-- Of all accounts: a cursor above the server's own ids can only come from another server.
SELECT EXISTS (SELECT FROM segments WHERE account IS NOT NULL AND applied > pg_snapshot_xmax(pg_current_snapshot()))
