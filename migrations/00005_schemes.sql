-- +goose Up
-- Schemes as they are drawn, before and beside their published versions. Documents are text as it was written: jsonb
-- would put their members in another order and refuse some that may be stored while half drawn.

CREATE TABLE schemes (
    account            bigint NOT NULL,
    scheme             bigint NOT NULL,
    kind               text COLLATE "C" NOT NULL CHECK (kind IN ('cascade', 'routing')),
    name               text NOT NULL, -- as the draft says
    tags               text[] NOT NULL DEFAULT '{}',
    draft              text NOT NULL,
    revision           bigint NOT NULL CHECK (revision > 0), -- goes up with every change of the draft
    draft_user         bigint NOT NULL, -- 0: a token
    draft_token        bigint NOT NULL, -- 0: a user
    draft_name         text NOT NULL, -- of the user or token at that time
    tests_stamp        bigint NOT NULL DEFAULT 0, -- goes up with every change of the tests
    published          bigint, -- the latest version
    published_number   integer NOT NULL DEFAULT 0,
    published_revision bigint NOT NULL DEFAULT 0, -- of the draft that it was made of
    published_at       timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL, -- of the draft
    archived_at        timestamptz,
    PRIMARY KEY (account, scheme),
    CHECK ((published IS NULL) = (published_number = 0))
);
CREATE INDEX schemes_updated ON schemes (account, updated_at, scheme);

-- Drafts as they were: the newest ones, and of older ones the last of every ten minutes.
CREATE TABLE scheme_revisions (
    account    bigint NOT NULL,
    scheme     bigint NOT NULL,
    revision   bigint NOT NULL,
    cause      text COLLATE "C" NOT NULL CHECK (cause IN ('created', 'saved', 'restored')),
    name       text NOT NULL,
    document   text NOT NULL,
    user_id    bigint NOT NULL,
    token_id   bigint NOT NULL,
    user_name  text NOT NULL,
    saved_at   timestamptz NOT NULL,
    PRIMARY KEY (account, scheme, revision),
    FOREIGN KEY (account, scheme) REFERENCES schemes (account, scheme) ON DELETE CASCADE
);

CREATE TABLE scheme_tests (
    account    bigint NOT NULL,
    scheme     bigint NOT NULL,
    test       bigint NOT NULL,
    name       text NOT NULL,
    script     text NOT NULL,
    expected   text NOT NULL,
    user_id    bigint NOT NULL,
    token_id   bigint NOT NULL,
    user_name  text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (account, scheme, test),
    FOREIGN KEY (account, scheme) REFERENCES schemes (account, scheme) ON DELETE CASCADE
);

-- A version of no scheme was published from a file.
ALTER TABLE versions
    ADD COLUMN scheme     bigint,
    ADD COLUMN number     integer CHECK (number > 0), -- within the scheme
    ADD COLUMN note       text NOT NULL DEFAULT '',
    ADD COLUMN user_id    bigint NOT NULL DEFAULT 0,
    ADD COLUMN token_id   bigint NOT NULL DEFAULT 0,
    ADD COLUMN user_name  text NOT NULL DEFAULT '',
    ADD CHECK ((scheme IS NULL) = (number IS NULL)),
    ADD FOREIGN KEY (account, scheme) REFERENCES schemes (account, scheme);
CREATE UNIQUE INDEX versions_number ON versions (account, scheme, number) WHERE scheme IS NOT NULL;
CREATE INDEX campaigns_version ON campaigns (account, version);

-- +goose Down
DROP INDEX campaigns_version;
ALTER TABLE versions DROP COLUMN scheme, DROP COLUMN number, DROP COLUMN note, DROP COLUMN user_id,
    DROP COLUMN token_id, DROP COLUMN user_name;
DROP TABLE scheme_tests, scheme_revisions, schemes;
