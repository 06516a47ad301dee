-- +goose Up
-- Work that goes on by itself: imports, exports, erasing, launches of a million. The row here is the truth; River, whose
-- tables are made by its own migrations, only says who works on which. Several processes share the database but not a
-- disk, so files are kept here in parts.

CREATE TABLE tasks (
    account     bigint NOT NULL,
    task        bigint NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    name        text NOT NULL, -- what it is about, for people: a file's name, a campaign's
    object      bigint, -- the import, export, campaign ... that it is for
    reads       text COLLATE "C" NOT NULL, -- the permission that seeing it needs; empty: none
    writes      text COLLATE "C" NOT NULL, -- that cancelling it needs
    state       text COLLATE "C" NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    cancelling  boolean NOT NULL DEFAULT false,
    step        text COLLATE "C" NOT NULL DEFAULT '',
    done        bigint NOT NULL DEFAULT 0,
    total       bigint NOT NULL DEFAULT 0, -- 0: not known
    args        jsonb NOT NULL,
    checkpoint  jsonb, -- how far it is, written in the transactions of what it does
    result      jsonb,
    error_code  text COLLATE "C",
    error_args  jsonb,
    user_id     bigint NOT NULL,
    token_id    bigint NOT NULL,
    actor       text NOT NULL,
    ip          text NOT NULL,
    epoch       bigint NOT NULL DEFAULT 0, -- goes up with each process that takes it; whoever has an older one writes nothing
    attempts    smallint NOT NULL DEFAULT 0,
    job         bigint, -- of River
    created_at  timestamptz NOT NULL,
    started_at  timestamptz,
    finished_at timestamptz,
    beat_at     timestamptz NOT NULL, -- of a running one: when its process was last seen; of a waiting one: since when
    PRIMARY KEY (account, task),
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
) WITH (fillfactor = 60);
CREATE INDEX tasks_open ON tasks (state) WHERE state IN ('waiting', 'running');

-- Uploads and results. `owner` is the id of the import or task that has it.
CREATE TABLE task_files (
    account    bigint NOT NULL,
    owner      bigint NOT NULL,
    name       text COLLATE "C" NOT NULL,
    type       text NOT NULL, -- media type
    size       bigint NOT NULL DEFAULT 0,
    complete   boolean NOT NULL DEFAULT false,
    writer     bigint NOT NULL, -- who writes it; one whose task was taken away writes no more
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account, owner, name)
);
CREATE INDEX task_files_created ON task_files (created_at);

CREATE TABLE task_file_parts (
    account bigint NOT NULL,
    owner   bigint NOT NULL,
    name    text COLLATE "C" NOT NULL,
    part    integer NOT NULL,
    bytes   bytea NOT NULL,
    PRIMARY KEY (account, owner, name, part),
    FOREIGN KEY (account, owner, name) REFERENCES task_files (account, owner, name) ON DELETE CASCADE
);
-- Parts are large and read once or twice: compressing them costs more time than it saves.
ALTER TABLE task_file_parts ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Files that were uploaded to be imported, with how they are to be read. The file itself is in task_files, its owner the
-- import. Rows on their way are in a table of each import, import_stage_<import>, which goes with it.
CREATE TABLE imports (
    account    bigint NOT NULL,
    import     bigint NOT NULL,
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('contacts', 'stop_list', 'members')),
    name       text NOT NULL,
    size       bigint NOT NULL,
    format     text COLLATE "C" NOT NULL CHECK (format IN ('csv', 'xlsx')),
    heads      jsonb NOT NULL, -- the first rows of a workbook's sheets
    settings   jsonb NOT NULL,
    task       bigint, -- null: not started
    actor      text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    PRIMARY KEY (account, import)
);

-- The union of two lists of tags, in their order, of at most a hundred.
CREATE FUNCTION joined_tags(old text[], added text[]) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (old || ARRAY(SELECT t.tag FROM unnest(added) WITH ORDINALITY AS t(tag, i) WHERE t.tag <> ALL (old) ORDER BY t.i))[1:100];

-- +goose Down
DROP FUNCTION joined_tags;
DROP TABLE imports;
DROP TABLE task_file_parts, task_files, tasks;
