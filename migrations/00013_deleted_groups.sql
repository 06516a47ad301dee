-- +goose Up
-- Deleted groups, for the thirty days in which they can be had back. As with contacts they are moved here, so that nothing that
-- reads groups has to know of them, and a name is free again at once; their memberships stay where they are until the time is over.
CREATE TABLE deleted_groups (
    account    bigint NOT NULL,
    group_id   bigint NOT NULL,
    name       text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz NOT NULL,
    deleted_by text NOT NULL,
    PRIMARY KEY (account, group_id)
);
CREATE INDEX deleted_groups_at ON deleted_groups (account, deleted_at, group_id);

-- +goose Down
DROP TABLE deleted_groups;
