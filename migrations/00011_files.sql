-- +goose Up
-- Pictures and sounds of an account. A scheme refers to them by their names, which never change.
CREATE TABLE files (
    account bigint NOT NULL,
    file    bigint NOT NULL,
    name    text COLLATE "C" NOT NULL,
    mark    bytea NOT NULL, -- of the name, in the file's public address
    kind    text COLLATE "C" NOT NULL CHECK (kind IN ('audio', 'picture')),
    type    text COLLATE "C" NOT NULL, -- media type, as the content says
    size    bigint NOT NULL CHECK (size > 0),
    digest  bytea NOT NULL, -- SHA-256 of the content
    made_by text NOT NULL, -- the name of the user or token at that time
    made_at timestamptz NOT NULL,
    PRIMARY KEY (account, file),
    UNIQUE (account, name),
    UNIQUE (account, mark),
    UNIQUE (account, digest)
);

CREATE TABLE file_parts (
    account bigint NOT NULL,
    file    bigint NOT NULL,
    part    integer NOT NULL,
    bytes   bytea NOT NULL,
    PRIMARY KEY (account, file, part),
    FOREIGN KEY (account, file) REFERENCES files (account, file) ON DELETE CASCADE
);
-- Sounds and pictures are compressed already.
ALTER TABLE file_parts ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Which files a version uses: a published version never changes, so that they cannot be deleted.
CREATE TABLE version_files (
    account bigint NOT NULL,
    version bigint NOT NULL,
    file    bigint NOT NULL,
    PRIMARY KEY (account, version, file),
    FOREIGN KEY (account, version) REFERENCES versions (account, version) ON DELETE CASCADE,
    FOREIGN KEY (account, file) REFERENCES files (account, file)
);
CREATE INDEX version_files_file ON version_files (account, file);

-- +goose Down
DROP TABLE version_files, file_parts, files;
