-- +goose Up
-- The account leads every primary key: it is the distribution key of a sharded installation. No sequences: ids are made
-- by the processes. Instants are timestamptz in UTC. Texts in keys are only compared for being the same, so they have the
-- collation that compares bytes: it is quicker, and an upgrade of the system's library cannot break their indexes.

CREATE TABLE accounts (
    account    bigint PRIMARY KEY,
    name       text NOT NULL,
    zone       text NOT NULL DEFAULT 'Europe/Moscow',
    country    text NOT NULL DEFAULT 'RU',
    stop_words text[],
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A published document never changes: the trigger below refuses it.
CREATE TABLE versions (
    account      bigint NOT NULL,
    version      bigint NOT NULL,
    name         text NOT NULL,
    format       smallint NOT NULL,
    document     text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, version)
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER versions_are_immutable BEFORE UPDATE OR DELETE ON versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE contacts (
    account    bigint NOT NULL,
    contact    bigint NOT NULL,
    phone      text COLLATE "C",
    name       text NOT NULL DEFAULT '',
    email      text NOT NULL DEFAULT '',
    zone       text NOT NULL DEFAULT '',
    tags       text[] NOT NULL DEFAULT '{}',
    attributes jsonb NOT NULL DEFAULT '{}',
    addresses  jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, contact),
    UNIQUE (account, phone)
);

CREATE TABLE campaigns (
    account     bigint NOT NULL,
    campaign    bigint NOT NULL,
    version     bigint NOT NULL,
    name        text NOT NULL,
    state       text NOT NULL DEFAULT 'draft'
                CHECK (state IN ('draft', 'scheduled', 'running', 'paused', 'finished', 'cancelled')),
    zone        text NOT NULL,
    send_window jsonb,
    connection  text NOT NULL,
    rate        integer CHECK (rate > 0), -- launches a second, null: as fast as it goes
    recipients  bigint NOT NULL DEFAULT 0,
    hurry       integer NOT NULL DEFAULT 1 CHECK (hurry BETWEEN 1 AND 1000000), -- durations divided by it: a demonstration
    start_at    timestamptz NOT NULL,
    end_at      timestamptz CHECK (end_at > start_at),
    tags        text[] NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (account, campaign),
    FOREIGN KEY (account, version) REFERENCES versions (account, version)
);

-- What a campaign's rate has granted: launches up to `granted_to` are spent.
CREATE TABLE rates (
    account    bigint NOT NULL,
    campaign   bigint NOT NULL,
    granted_to timestamptz NOT NULL,
    PRIMARY KEY (account, campaign)
);

-- What the limits of a connection have granted to all processes together: messages of about the last second, and calls at
-- once, by process, each until an instant, so that a dead process's come free by themselves.
CREATE TABLE connection_limits (
    account    bigint NOT NULL,
    connection text COLLATE "C" NOT NULL,
    spent_at   timestamptz[] NOT NULL DEFAULT '{}',
    spent      integer[] NOT NULL DEFAULT '{}',
    holders    text[] NOT NULL DEFAULT '{}',
    calls      integer[] NOT NULL DEFAULT '{}', -- 0: the process waits for one
    since      timestamptz[] NOT NULL DEFAULT '{}', -- it has some, or waits
    until      timestamptz[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (account, connection)
) WITH (fillfactor = 40);

-- The variant of an A/B test that won, decided once.
CREATE TABLE winners (
    account    bigint NOT NULL,
    campaign   bigint NOT NULL,
    node       smallint NOT NULL,
    variant    text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (account, campaign, node)
);

-- Up to 10,000 consecutive recipients of a campaign, the unit that a worker holds. `due` is the only timer that is
-- indexed. `epoch` goes up with every owner and is checked by every batch; `applied` is the transaction id below which
-- all answers and facts have been taken into the recipients' rows.
CREATE TABLE segments (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    segment  integer NOT NULL,
    open     integer NOT NULL,
    due      timestamptz, -- null: only a wake can move it; of a held one it lies in the past
    epoch    bigint NOT NULL DEFAULT 0,
    applied  xid8 NOT NULL DEFAULT '0',
    holder   text,
    PRIMARY KEY (account, campaign, segment)
) WITH (fillfactor = 40);
-- Not `WHERE open > 0`: a column of a predicate counts as indexed, and no batch would be a HOT update.
CREATE INDEX segments_due ON segments (due) WHERE due IS NOT NULL;

-- The advisory lock of a segment's holder. Locks are of the database, so the schema goes in.
CREATE FUNCTION segment_lock(account bigint, campaign bigint, segment integer) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN hashtextextended(current_schema()::text || '/segment/' || account::text || '/' || campaign::text || '/' ||
                            segment::text, 0);

-- Fails a batch that one of its segments has been taken from.
-- +goose StatementBegin
CREATE FUNCTION all_held(touched bigint, wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF touched <> wanted THEN
        RAISE EXCEPTION 'a segment has another holder' USING ERRCODE = 'KL001';
    END IF;
END $$;
-- +goose StatementEnd

-- The instant at which answers and facts are recorded. It is read after the transaction's id was assigned: whoever
-- took a later id first read the clock, so a row with a higher id than x was recorded after x was assigned.
-- +goose StatementBegin
CREATE FUNCTION recorded() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_current_xact_id();
    RETURN clock_timestamp();
END $$;
-- +goose StatementEnd

CREATE TABLE recipients (
    account     bigint NOT NULL,
    campaign    bigint NOT NULL,
    ordinal     bigint NOT NULL,
    contact     bigint NOT NULL,
    zone        text NOT NULL,
    node        smallint NOT NULL DEFAULT 0,
    phase       smallint NOT NULL DEFAULT 0 CHECK (phase BETWEEN 0 AND 7),
    outcome     smallint NOT NULL DEFAULT 0 CHECK (outcome BETWEEN 0 AND 4),
    attempt     smallint NOT NULL DEFAULT 0,
    key         smallint NOT NULL DEFAULT 0,
    unsure      boolean NOT NULL DEFAULT false,
    facts       integer NOT NULL DEFAULT 0,
    entered_at  timestamptz,
    launched_at timestamptz,
    accepted_at timestamptz,
    wake_at     timestamptz,
    heard       integer[],
    ended_at    timestamptz,
    reason      text,
    PRIMARY KEY (account, campaign, ordinal),
    CHECK ((phase = 7) = (outcome <> 0)),
    CHECK ((phase = 7) = (ended_at IS NOT NULL))
) WITH (fillfactor = 40);
-- 40: a batch updates all rows of a page at once, and rows grow. Measured over four updates of each row: at 70 one update in
-- four leaves its page, the table ends larger and the log is longer by three fifths than at 40, where none does.
-- A stop for all channels finds the person's open walks by this; it has no changing column, so updates stay HOT.
CREATE INDEX recipients_contact ON recipients (account, contact);

-- The intent to send, committed before a provider hears of it.
CREATE TABLE messages (
    account     bigint NOT NULL,
    campaign    bigint NOT NULL,
    ordinal     bigint NOT NULL,
    node        smallint NOT NULL,
    attempt     smallint NOT NULL,
    launched_at timestamptz NOT NULL,
    hand_by     timestamptz NOT NULL,
    address     text NOT NULL,
    text        text NOT NULL,
    content     json, -- what a bare text does not say; null for a plain message
    PRIMARY KEY (account, campaign, ordinal, node, attempt)
);

-- A provider's answer to a launch; also the way from a provider's id to the message.
CREATE TABLE answers (
    account     bigint NOT NULL,
    connection  text COLLATE "C" NOT NULL,
    provider_id text COLLATE "C" NOT NULL,
    campaign    bigint NOT NULL,
    segment     integer NOT NULL,
    ordinal     bigint NOT NULL,
    node        smallint NOT NULL,
    attempt     smallint NOT NULL,
    recorded_at timestamptz NOT NULL,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (account, connection, provider_id)
);
-- Without the account: an index that begins like the primary key would look as good as it for finding a message by its
-- provider's id, as long as the planner remembers the table as empty.
CREATE INDEX answers_tail ON answers (campaign, segment, xid);

-- What came true for a message. What a fact implies is stored with it (implied), so that every figure is a count.
CREATE TABLE facts (
    account     bigint NOT NULL,
    campaign    bigint NOT NULL,
    segment     integer NOT NULL,
    ordinal     bigint NOT NULL,
    node        smallint NOT NULL,
    attempt     smallint NOT NULL,
    fact        integer NOT NULL, -- a bit of the facts, 65536 and 131072 a webhook's end, 262144 an interruption
    value       text NOT NULL DEFAULT '',
    unique_by   text COLLATE "C" NOT NULL DEFAULT '', -- tells replies apart; empty where one of a kind is all there can be
    scope       smallint NOT NULL DEFAULT 0,
    implied     boolean NOT NULL DEFAULT false,
    recorded_at timestamptz NOT NULL,
    provider_at timestamptz,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (account, campaign, ordinal, node, attempt, fact, unique_by)
);
CREATE INDEX facts_tail ON facts (campaign, segment, xid) WHERE NOT implied; -- see answers_tail

-- Facts of messages that nobody knows (yet): kept, shown, and matched again when an answer comes later.
CREATE TABLE unknown_facts (
    account     bigint NOT NULL,
    connection  text COLLATE "C" NOT NULL,
    provider_id text COLLATE "C" NOT NULL,
    fact        integer NOT NULL,
    value       text NOT NULL DEFAULT '',
    unique_by   text COLLATE "C" NOT NULL DEFAULT '',
    scope       smallint NOT NULL DEFAULT 0,
    provider_at timestamptz,
    recorded_at timestamptz NOT NULL,
    times       bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (account, connection, provider_id, fact, unique_by)
);
CREATE INDEX unknown_facts_recorded ON unknown_facts (recorded_at);

-- One row for each block that a recipient has left.
CREATE TABLE steps (
    account    bigint NOT NULL,
    campaign   bigint NOT NULL,
    ordinal    bigint NOT NULL,
    node       smallint NOT NULL,
    link       smallint NOT NULL, -- index in the block's links, -1: none fired
    attempts   smallint NOT NULL,
    facts      integer NOT NULL,
    entered_at timestamptz NOT NULL,
    sent_at    timestamptz,
    decided_at timestamptz NOT NULL,
    reason     text NOT NULL,
    chosen     text NOT NULL DEFAULT '',
    PRIMARY KEY (account, campaign, ordinal, node)
);

-- Figures, kept by deltas in the transaction of what they count. A shard belongs to one writer, so that two writers
-- never wait for each other's rows; a figure is the sum over the shards.
CREATE TABLE counters (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    shard    smallint NOT NULL,
    node     smallint NOT NULL, -- -1: the campaign itself
    what     text COLLATE "C" NOT NULL,     -- entered, sent, accepted, delivered ..., error:<reason>, link:<index>, end:<outcome>
    n        bigint NOT NULL,
    PRIMARY KEY (account, campaign, shard, node, what)
) WITH (fillfactor = 50);

CREATE TABLE stop_list (
    account    bigint NOT NULL,
    address    text COLLATE "C" NOT NULL,
    channel    text COLLATE "C" NOT NULL, -- empty: all channels
    reason     text NOT NULL,
    source     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, address, channel)
);

-- Segments that got a fact while nobody where it was stored held them; appended, never updated.
CREATE TABLE wakes (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    segment  integer NOT NULL,
    xid      xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX wakes_segment ON wakes (account, campaign, segment);

-- Recipients whose data broke an expression, and the like: reported, while the others go on.
CREATE TABLE troubles (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    ordinal  bigint NOT NULL,
    node     smallint NOT NULL,
    what     text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (account, campaign, ordinal, node, what)
);

-- Recipients whose own rows cannot be changed, whatever for: their walks are over, and count as failed.
CREATE TABLE set_aside (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    ordinal  bigint NOT NULL,
    node     smallint NOT NULL,
    why      text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (account, campaign, ordinal)
);

-- Which processes are alive, and their sessions: a process id alone may have been given to another backend meanwhile.
CREATE TABLE processes (
    process text PRIMARY KEY,
    workers integer NOT NULL,
    pids    integer[] NOT NULL,
    started timestamptz[] NOT NULL,
    seen_at timestamptz NOT NULL,
    format  smallint NOT NULL
);

-- +goose Down
DROP TABLE processes, set_aside, troubles, wakes, stop_list, counters, steps, unknown_facts, facts, answers, messages, recipients,
    segments, winners, connection_limits, rates, campaigns, contacts, versions, accounts;
DROP FUNCTION refuse_change, segment_lock, all_held, recorded;
