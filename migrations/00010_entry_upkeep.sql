-- +goose Up
-- Keys of entries are forgotten a while after they were used first. now() is the same for all rows, so that none is rewritten:
-- keys of before count from here on.
ALTER TABLE entry_keys ADD COLUMN at timestamptz NOT NULL DEFAULT now();
CREATE INDEX entry_keys_at ON entry_keys (at);

-- +goose Down
ALTER TABLE entry_keys DROP COLUMN at;
