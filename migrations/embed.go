// Package migrations holds the numbered SQL files that make the database what the code expects, in goose's form.
package migrations

import "embed"

// Files are the migrations. They name no schema: they make their tables in the first one of search_path.
//
//go:embed *.sql
var Files embed.FS
