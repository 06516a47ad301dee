-- +goose Up
-- Contacts as people work with them: search, groups, attributes, consents, the stop list, the numbering plan. Nothing here
-- needs an extension: pg_trgm is not to be had on every server, and an extension belongs to a whole database.

ALTER TABLE contacts
    ADD COLUMN source     text NOT NULL DEFAULT '', -- api, import:<file>, and the like
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

-- What case and ё leave of a text. engine/filter.Fold is the same in Go.
CREATE FUNCTION folded(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(lower(t), 'ё', 'е');

-- The words by which a contact is found, each with its account before it: one index serves all accounts, and a search
-- reads the entries of its own only.
-- +goose StatementBegin
CREATE FUNCTION contact_words(account bigint, name text, email text, addresses jsonb) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_to_tsvector(ARRAY(
        SELECT account::text || ':' || left(w, 100)
        FROM unnest(
            string_to_array(translate(folded(name), E'\t\n.,;:-_()"''«»/', '                ')
                || ' ' || translate(split_part(folded(email), '@', 1), '.-_+', '    '), ' ')
            || ARRAY[folded(email), nullif('@' || split_part(folded(email), '@', 2), '@')]
            || CASE WHEN addresses = '{}' THEN '{}'::text[] ELSE ARRAY(SELECT folded(a.value) FROM jsonb_each_text(addresses) AS a) END
        ) AS w
        WHERE w <> ''));

-- Tags, each with its account before it.
CREATE FUNCTION contact_tags(account bigint, tags text[]) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(SELECT account::text || ':' || t FROM unnest(tags) AS t);

-- Whoever changes a contact, by hand, by file or in a scheme's block.
CREATE FUNCTION contact_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := greatest(now(), OLD.updated_at);
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER contacts_changed BEFORE UPDATE ON contacts
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION contact_changed();

CREATE INDEX contacts_name ON contacts (account, (folded(name)) COLLATE "C", contact);
CREATE INDEX contacts_created ON contacts (account, created_at, contact);
CREATE INDEX contacts_updated ON contacts (account, updated_at, contact);
CREATE INDEX contacts_phone_end ON contacts (account, reverse(phone) COLLATE "C") WHERE phone IS NOT NULL;
CREATE INDEX contacts_email ON contacts (account, (folded(email)) COLLATE "C") WHERE email <> '';
CREATE INDEX contacts_words ON contacts USING gin (contact_words(account, name, email, addresses));
CREATE INDEX contacts_tags ON contacts USING gin (contact_tags(account, tags));
CREATE INDEX contacts_attributes ON contacts USING gin (attributes jsonb_path_ops);

-- Deleted contacts, for the thirty days in which they can be had back. They are moved here, so that nothing that reads
-- contacts has to know of them, and a phone is free again at once.
CREATE TABLE deleted_contacts (
    account    bigint NOT NULL,
    contact    bigint NOT NULL,
    phone      text COLLATE "C",
    name       text NOT NULL,
    email      text NOT NULL,
    zone       text NOT NULL,
    tags       text[] NOT NULL,
    attributes jsonb NOT NULL,
    addresses  jsonb NOT NULL,
    source     text NOT NULL,
    groups     bigint[] NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz NOT NULL,
    deleted_by text NOT NULL,
    PRIMARY KEY (account, contact)
);
CREATE INDEX deleted_contacts_at ON deleted_contacts (account, deleted_at, contact);

-- Which contact a merged one went into, for those who still hold the old id.
CREATE TABLE merged_contacts (
    account   bigint NOT NULL,
    contact   bigint NOT NULL,
    into_id   bigint NOT NULL,
    merged_at timestamptz NOT NULL,
    PRIMARY KEY (account, contact)
);
CREATE INDEX merged_contacts_into ON merged_contacts (account, into_id);

CREATE TABLE attributes (
    account    bigint NOT NULL,
    key        text COLLATE "C" NOT NULL,
    title      text NOT NULL,
    type       text NOT NULL CHECK (type IN ('text', 'number', 'date', 'boolean', 'choice')),
    choices    text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, key)
);

CREATE TABLE groups (
    account    bigint NOT NULL,
    group_id   bigint NOT NULL,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, group_id)
);
CREATE UNIQUE INDEX groups_name ON groups (account, (folded(name)) COLLATE "C");

CREATE TABLE group_members (
    account  bigint NOT NULL,
    group_id bigint NOT NULL,
    contact  bigint NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, group_id, contact)
);
CREATE INDEX group_members_contact ON group_members (account, contact, group_id);

-- How many members a group has: the sum over the shards. A shard belongs to one writer, so that workers that put people
-- into the same group never wait for each other.
CREATE TABLE group_sizes (
    account  bigint NOT NULL,
    group_id bigint NOT NULL,
    shard    smallint NOT NULL,
    n        bigint NOT NULL,
    PRIMARY KEY (account, group_id, shard)
) WITH (fillfactor = 50);

-- +goose StatementBegin
CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO group_sizes AS s (account, group_id, shard, n)
    SELECT account, group_id, coalesce(nullif(current_setting('kaskad.shard', true), '')::smallint, 0),
           CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
    FROM touched GROUP BY account, group_id ORDER BY account, group_id
    ON CONFLICT (account, group_id, shard) DO UPDATE SET n = s.n + excluded.n;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER group_members_more AFTER INSERT ON group_members REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION count_members();
CREATE TRIGGER group_members_fewer AFTER DELETE ON group_members REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION count_members();

-- What an `update` block does to membership: row by row, a group by its name (case aside) or its id. Groups that there
-- are not, and people who are gone, are passed over.
-- +goose StatementBegin
CREATE FUNCTION change_members(accounts bigint[], contacts bigint[], names text[], added boolean[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    WITH wanted AS (
        SELECT DISTINCT u.account, g.group_id, u.contact, u.added
        FROM unnest(accounts, contacts, names, added) AS u(account, contact, name, added)
        JOIN groups g ON g.account = u.account AND (folded(g.name) = folded(u.name) OR g.group_id::text = u.name)
    ), gone AS (
        DELETE FROM group_members m USING wanted w
        WHERE NOT w.added AND m.account = w.account AND m.group_id = w.group_id AND m.contact = w.contact
    )
    INSERT INTO group_members (account, group_id, contact)
    SELECT w.account, w.group_id, w.contact FROM wanted w
    JOIN contacts c ON c.account = w.account AND c.contact = w.contact
    WHERE w.added ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;
END $$;
-- +goose StatementEnd

-- What somebody agreed to. A row is never changed but for its end, so that the history can be shown to whoever asks.
CREATE TABLE consents (
    account      bigint NOT NULL,
    consent      bigint NOT NULL,
    contact      bigint NOT NULL,
    channel      text COLLATE "C" NOT NULL,
    text         text NOT NULL,
    source       text NOT NULL,
    given_at     timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    withdrawn_by text NOT NULL DEFAULT '',
    PRIMARY KEY (account, consent)
);
CREATE INDEX consents_contact ON consents (account, contact, channel, given_at);
CREATE INDEX consents_valid ON consents (account, channel, contact) WHERE withdrawn_at IS NULL;

-- The id of an entry comes from what it is about, because the runtime adds entries without making ids.
ALTER TABLE stop_list
    ADD COLUMN entry bigint NOT NULL GENERATED ALWAYS AS
        ((hashtextextended(address || ' ' || channel, 0) & 9223372036854775806) + 1) STORED,
    ADD COLUMN added_by text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX stop_list_entry ON stop_list (account, entry);
CREATE INDEX stop_list_created ON stop_list (account, created_at, entry);
CREATE INDEX stop_list_address_end ON stop_list (account, reverse(address) COLLATE "C");

-- Entries that were taken off, for the thirty days in which that can be undone.
CREATE TABLE removed_stops (
    account    bigint NOT NULL,
    entry      bigint NOT NULL,
    address    text COLLATE "C" NOT NULL,
    channel    text COLLATE "C" NOT NULL,
    reason     text NOT NULL,
    source     text NOT NULL,
    added_by   text NOT NULL,
    created_at timestamptz NOT NULL,
    removed_at timestamptz NOT NULL,
    removed_by text NOT NULL,
    removed_for text NOT NULL,
    PRIMARY KEY (account, entry)
);
CREATE INDEX removed_stops_at ON removed_stops (account, removed_at);

-- The Russian numbering plan of an account, as engine/audience packs it: a few hundred kilobytes.
CREATE TABLE numbering_plans (
    account   bigint PRIMARY KEY,
    plan      bigint NOT NULL, -- another one with every load: what is kept in memory goes by it
    loaded_at timestamptz NOT NULL,
    loaded_by text NOT NULL,
    name      text NOT NULL,
    rows      integer NOT NULL,
    zoned     integer NOT NULL,
    ranges    integer NOT NULL,
    unknown   text[] NOT NULL,
    data      bytea NOT NULL
);

-- +goose Down
DROP TABLE numbering_plans, removed_stops, consents, group_members, group_sizes, groups, attributes, merged_contacts,
    deleted_contacts;
DROP FUNCTION change_members, count_members;
DROP INDEX stop_list_entry, stop_list_created, stop_list_address_end;
ALTER TABLE stop_list DROP COLUMN entry, DROP COLUMN added_by;
DROP TRIGGER contacts_changed ON contacts;
DROP INDEX contacts_name, contacts_created, contacts_updated, contacts_phone_end, contacts_email, contacts_words,
    contacts_tags, contacts_attributes;
DROP FUNCTION contact_changed, contact_words, contact_tags, folded;
ALTER TABLE contacts DROP COLUMN source, DROP COLUMN updated_at;
