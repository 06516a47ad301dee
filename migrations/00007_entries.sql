-- +goose Up
-- Who enters open campaigns. An entry is appended by whoever takes it in, and made a recipient by the worker that holds
-- its segment: nobody else touches the rows of a held segment.

CREATE TABLE entries (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    ordinal  bigint NOT NULL, -- the recipient's number
    segment  integer NOT NULL,
    contact  bigint NOT NULL,
    zone     text NOT NULL,
    data     json, -- for templates and conditions; null: none
    start_at timestamptz NOT NULL,
    at       timestamptz NOT NULL,
    xid      xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (account, campaign, ordinal)
);
CREATE INDEX entries_tail ON entries (campaign, segment, xid); -- see facts_tail

-- The number of the next recipient. Whoever takes entries in locks it until the commit.
CREATE TABLE entering (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    next     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account, campaign)
) WITH (fillfactor = 20);

-- What came of the keys that callers gave, so that a repeat is answered alike.
CREATE TABLE entry_keys (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    key      text COLLATE "C" NOT NULL,
    ordinal  bigint, -- null: it was refused
    refused  text NOT NULL DEFAULT '',
    PRIMARY KEY (account, campaign, key)
);

-- The last entry of a contact, for the rule by which it may enter again. The contact comes first, so that everything of a
-- person is found.
CREATE TABLE entered (
    account  bigint NOT NULL,
    contact  bigint NOT NULL,
    campaign bigint NOT NULL,
    ordinal  bigint NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (account, contact, campaign)
) WITH (fillfactor = 70);

-- +goose Down
DROP TABLE entered, entry_keys, entering, entries;
