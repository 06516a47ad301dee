-- name: file_create
INSERT INTO task_files (account, owner, name, type, writer, created_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())

-- name: file_replace
DELETE FROM task_files WHERE account = $1 AND owner = $2 AND name = $3

-- name: file_part
INSERT INTO task_file_parts (account, owner, name, part, bytes)
SELECT account, owner, name, $5, $6 FROM task_files
WHERE account = $1 AND owner = $2 AND name = $3 AND writer = $4 AND NOT complete FOR KEY SHARE

-- name: file_complete
UPDATE task_files SET complete = true, size = $5
WHERE account = $1 AND owner = $2 AND name = $3 AND writer = $4 AND NOT complete

-- name: file_abort
DELETE FROM task_files WHERE account = $1 AND owner = $2 AND name = $3 AND writer = $4

-- name: file_get
SELECT type, size FROM task_files WHERE account = $1 AND owner = $2 AND name = $3 AND complete

-- name: file_read
SELECT bytes FROM task_file_parts WHERE account = $1 AND owner = $2 AND name = $3 AND part = $4

-- name: files_remove
DELETE FROM task_files WHERE account = $1 AND owner = $2

-- Files of a week ago, but those that an open task may still read. An account's uploads are small in number.
-- name: files_expire
DELETE FROM task_files WHERE (account, owner, name) IN (
    SELECT f.account, f.owner, f.name FROM task_files f
    WHERE f.created_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)
      AND NOT EXISTS (SELECT FROM tasks t WHERE t.account = f.account AND (t.task = f.owner OR t.object = f.owner)
                      AND t.state IN ('waiting', 'running'))
    ORDER BY f.created_at LIMIT 20)
