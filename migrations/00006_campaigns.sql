-- +goose Up
-- What people decide about a campaign before and while it runs. The runtime's own columns stay as they are; every new one
-- has a default, so that a campaign made without them is a closed one that was launched by hand.

ALTER TABLE campaigns DROP CONSTRAINT campaigns_state_check;
ALTER TABLE campaigns ADD CONSTRAINT campaigns_state_check CHECK (state IN
    ('draft', 'moderation', 'scheduled', 'running', 'paused', 'finishing', 'finished', 'cancelled'));

ALTER TABLE campaigns
    ADD COLUMN kind          text NOT NULL DEFAULT 'closed' CHECK (kind IN ('closed', 'open')),
    ADD COLUMN audience      jsonb NOT NULL DEFAULT '{}',  -- groups, filter, minus_groups, follows
    ADD COLUMN start         jsonb NOT NULL DEFAULT '{"when": "now"}', -- when, at, local, cron, zone, until
    ADD COLUMN entry         jsonb,   -- of an open one: again, pause, limit
    ADD COLUMN end_after     text NOT NULL DEFAULT '', -- of a repeated one: how long each repetition launches
    ADD COLUMN smooth        boolean NOT NULL DEFAULT false,
    ADD COLUMN advertising   boolean NOT NULL DEFAULT false,
    ADD COLUMN unknown_zones text NOT NULL DEFAULT 'careful' CHECK (unknown_zones IN ('careful', 'account')),
    ADD COLUMN test          boolean NOT NULL DEFAULT false, -- counts in no cap and no figure of the account
    ADD COLUMN parent        bigint,  -- the campaign that this one was made of
    ADD COLUMN made_as       text NOT NULL DEFAULT '' CHECK (made_as IN ('', 'copy', 'repeat', 'follow_up', 'repetition', 'test')),
    ADD COLUMN created_by    bigint,
    ADD COLUMN author        text NOT NULL DEFAULT '',
    ADD COLUMN seed          bigint NOT NULL DEFAULT 0, -- of the order within a zone
    ADD COLUMN selected      bigint NOT NULL DEFAULT 0, -- contacts of the audience at the launch
    ADD COLUMN refused       jsonb NOT NULL DEFAULT '{}', -- how many of them were not taken, by reason
    ADD COLUMN note          text NOT NULL DEFAULT '',  -- the moderator's
    ADD COLUMN launching     text NOT NULL DEFAULT '' CHECK (launching IN ('', 'collecting', 'enrolling', 'undoing')),
    ADD COLUMN launch_task   bigint,
    ADD COLUMN launched_at   timestamptz,
    ADD COLUMN closed_at     timestamptz, -- of an open one: it takes nobody in any more
    ADD COLUMN archived_at   timestamptz,
    ADD COLUMN revision      bigint NOT NULL DEFAULT 0; -- goes up when something changes that a worker keeps in memory
CREATE INDEX campaigns_by_age ON campaigns (account, created_at DESC, campaign DESC);
CREATE INDEX campaigns_by_parent ON campaigns (account, parent) WHERE parent IS NOT NULL;

ALTER TABLE accounts ADD COLUMN moderation boolean NOT NULL DEFAULT false; -- launches need an admin's approval

-- The audience of a launch under way, until everybody is enrolled.
CREATE TABLE campaign_audience (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    contact  bigint NOT NULL,
    zone     text COLLATE "C" NOT NULL,
    PRIMARY KEY (account, campaign, contact)
);

-- Mistakes in texts that were corrected after the launch. The version stays; what is launched from `at` on has the new text.
CREATE TABLE corrections (
    account    bigint NOT NULL,
    campaign   bigint NOT NULL,
    correction bigint NOT NULL, -- ids grow with the time: the order in which they are applied
    node       text NOT NULL,
    field      text NOT NULL,
    old        text NOT NULL,
    new        text NOT NULL,
    at         timestamptz NOT NULL,
    user_id    bigint,
    name       text NOT NULL,
    PRIMARY KEY (account, campaign, correction),
    FOREIGN KEY (account, campaign) REFERENCES campaigns (account, campaign) ON DELETE CASCADE
);

-- Campaigns that are repeated: one row each, locked by whoever makes the next repetition.
CREATE TABLE repetitions (
    account  bigint NOT NULL,
    campaign bigint NOT NULL,
    next_at  timestamptz, -- null: there is none
    held     boolean NOT NULL DEFAULT false, -- paused
    made     bigint NOT NULL DEFAULT 0,
    missed   bigint NOT NULL DEFAULT 0, -- passed while nothing ran
    last     bigint, -- the newest repetition
    PRIMARY KEY (account, campaign),
    FOREIGN KEY (account, campaign) REFERENCES campaigns (account, campaign) ON DELETE CASCADE
);
CREATE INDEX repetitions_next ON repetitions (next_at) WHERE next_at IS NOT NULL AND NOT held;

-- Which campaigns a contact entered lately: one row a contact, so that a look and an entry are one statement. Campaigns and
-- instants go together; what is older than eight days is dropped with the next entry.
CREATE TABLE contact_caps (
    account   bigint NOT NULL,
    contact   bigint NOT NULL,
    campaigns bigint[] NOT NULL,
    at        timestamptz[] NOT NULL,
    PRIMARY KEY (account, contact),
    CHECK (cardinality(campaigns) = cardinality(at))
) WITH (fillfactor = 50);

-- +goose Down
DROP TABLE contact_caps, repetitions, corrections, campaign_audience;
ALTER TABLE accounts DROP COLUMN moderation;
DROP INDEX campaigns_by_age, campaigns_by_parent;
UPDATE campaigns SET state = 'draft' WHERE state = 'moderation';
UPDATE campaigns SET state = 'running' WHERE state = 'finishing';
ALTER TABLE campaigns DROP CONSTRAINT campaigns_state_check;
ALTER TABLE campaigns ADD CONSTRAINT campaigns_state_check CHECK (state IN
    ('draft', 'scheduled', 'running', 'paused', 'finished', 'cancelled'));
ALTER TABLE campaigns DROP COLUMN kind, DROP COLUMN audience, DROP COLUMN start, DROP COLUMN entry, DROP COLUMN end_after,
    DROP COLUMN smooth, DROP COLUMN advertising, DROP COLUMN unknown_zones, DROP COLUMN test, DROP COLUMN parent,
    DROP COLUMN made_as, DROP COLUMN created_by, DROP COLUMN author, DROP COLUMN seed, DROP COLUMN selected,
    DROP COLUMN refused, DROP COLUMN note, DROP COLUMN launching, DROP COLUMN launch_task, DROP COLUMN launched_at,
    DROP COLUMN closed_at, DROP COLUMN archived_at, DROP COLUMN revision;
