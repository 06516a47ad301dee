// Package migrations holds the numbered SQL files that make the database what the code expects, in goose's form.
package migrations

import "embed"

// Files are the migrations. They name no schema: they make their tables in the first one of search_path.
//
// Older processes go on working while a newer one migrates. So a migration first widens (new tables, new columns with defaults),
// what nobody needs any more goes in a later version, and each locks one of the tables that workers write: two in one transaction
// would wait for a worker that waits for them.
//
//go:embed *.sql
var Files embed.FS
