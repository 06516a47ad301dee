-- +goose Up
-- Who may do what. Users and sessions belong to the installation, since a user may work in several accounts; everything
-- else belongs to one account. Of every secret only its SHA-256 is kept.

ALTER TABLE accounts
    ADD COLUMN language    text NOT NULL DEFAULT 'ru' CHECK (language IN ('ru', 'en')),
    ADD COLUMN send_window jsonb, -- of campaigns that say nothing else; null: at any hour
    ADD COLUMN cap_day     smallint CHECK (cap_day > 0), -- campaigns a contact may enter in a local day; null: any number
    ADD COLUMN cap_week    smallint CHECK (cap_week > 0);

CREATE TABLE users (
    user_id    bigint PRIMARY KEY,
    email      text COLLATE "C" NOT NULL UNIQUE, -- as access.Email makes it
    name       text NOT NULL DEFAULT '',
    password   text, -- argon2id; null: none set yet, sign in by a one-time link
    language   text NOT NULL DEFAULT 'ru' CHECK (language IN ('ru', 'en')),
    zone       text NOT NULL DEFAULT 'Europe/Moscow',
    created_at timestamptz NOT NULL
);

CREATE TABLE members (
    account   bigint NOT NULL REFERENCES accounts (account),
    user_id   bigint NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    role      text NOT NULL CHECK (role IN ('owner', 'admin', 'marketer', 'analyst', 'operator', 'supervisor')),
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (account, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE sessions (
    secret     bytea PRIMARY KEY, -- SHA-256
    session_id bigint NOT NULL UNIQUE,
    user_id    bigint NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    account    bigint NOT NULL, -- the current one; what a session may is what its member of this account may
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL, -- to the minute
    ip         text NOT NULL,
    agent      text NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE tokens (
    account    bigint NOT NULL REFERENCES accounts (account),
    token      bigint NOT NULL,
    secret     bytea NOT NULL UNIQUE, -- SHA-256
    name       text NOT NULL,
    prefix     text NOT NULL, -- the secret's beginning, to know it by
    scopes     text[] NOT NULL,
    made_by    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    used_at    timestamptz, -- to the minute
    PRIMARY KEY (account, token)
);

-- Invitations, one for an address in an account.
CREATE TABLE invitations (
    account    bigint NOT NULL REFERENCES accounts (account),
    invitation bigint NOT NULL,
    secret     bytea NOT NULL UNIQUE, -- SHA-256
    email      text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    role       text NOT NULL CHECK (role IN ('owner', 'admin', 'marketer', 'analyst', 'operator', 'supervisor')),
    made_by    bigint NOT NULL, -- 0: the installation itself
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (account, invitation),
    UNIQUE (account, email)
);

-- One-time links by which a user sets a new password; at most one a user.
CREATE TABLE resets (
    user_id    bigint PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    secret     bytea NOT NULL UNIQUE, -- SHA-256
    expires_at timestamptz NOT NULL
);

-- Attempts to sign in that failed, by address and by e-mail. Of the names only a SHA-256 is kept: they are of any length.
CREATE TABLE attempts (
    subject bytea PRIMARY KEY,
    failed  integer NOT NULL,
    last_at timestamptz NOT NULL,
    free_at timestamptz NOT NULL -- no attempt before
);
CREATE INDEX attempts_last ON attempts (last_at);

-- Requests with an Idempotency-Key, and what was answered.
CREATE TABLE repeats (
    account   bigint NOT NULL,
    key       text COLLATE "C" NOT NULL,
    operation text NOT NULL,
    request   bytea NOT NULL, -- SHA-256
    begun_at  timestamptz NOT NULL,
    answer    bytea, -- null: under way
    PRIMARY KEY (account, key)
);
CREATE INDEX repeats_begun ON repeats (begun_at);

-- What was done and by whom. Rows are only ever added; ids grow with the time.
CREATE TABLE audit (
    account   bigint NOT NULL,
    id        bigint NOT NULL,
    at        timestamptz NOT NULL,
    user_id   bigint, -- null: a token, or the system
    token_id  bigint,
    name      text NOT NULL, -- of the user or token at that time
    ip        text NOT NULL,
    what      text COLLATE "C" NOT NULL, -- campaign.paused
    object    text COLLATE "C" NOT NULL, -- campaign
    object_id bigint, -- null: the account itself
    change    jsonb,
    PRIMARY KEY (account, id)
);
CREATE INDEX audit_object ON audit (account, object, object_id, id);
CREATE INDEX audit_user ON audit (account, user_id, id);
CREATE INDEX audit_what ON audit (account, what text_pattern_ops, id);

-- +goose Down
DROP TABLE audit, repeats, attempts, resets, invitations, tokens, sessions, members, users;
ALTER TABLE accounts DROP COLUMN language, DROP COLUMN send_window, DROP COLUMN cap_day, DROP COLUMN cap_week;
