-- +goose Up
-- A closed account whose time is over: since when its data are being deleted, and when that was done. Its line stays.
ALTER TABLE accounts
    ADD COLUMN erasing_at timestamptz,
    ADD COLUMN erased_at  timestamptz;
CREATE INDEX accounts_closed ON accounts (closed_at) WHERE closed_at IS NOT NULL AND erased_at IS NULL;

-- A published version never changes, but it goes with its account.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM accounts WHERE account = OLD.account AND erasing_at IS NOT NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd

-- The words by which a line of the log is found, each with its account before it, as those of contacts. Of a long change only
-- the beginning: it may list thousands of ids.
CREATE FUNCTION audit_words(account bigint, name text, ip text, what text, object text, object_id bigint, change jsonb) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(ARRAY(
        SELECT DISTINCT account::text || ':' || left(w, 100)
        FROM unnest(string_to_array(translate(folded(name || ' ' || ip || ' ' || what || ' ' || object
                || coalesce(' ' || object_id, '') || coalesce(' ' || left(change::text, 10000), '')),
            E'\t\n.,;:-_+()[]{}<>"''«»/\\@', '                               '), ' ')) AS w
        WHERE w <> ''));
CREATE INDEX audit_words_of ON audit USING gin (audit_words(account, name, ip, what, object, object_id, change));

-- +goose Down
DROP INDEX audit_words_of;
DROP FUNCTION audit_words;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
DROP INDEX accounts_closed;
ALTER TABLE accounts DROP COLUMN erasing_at, DROP COLUMN erased_at;
