package store

import (
	"embed"
	"io/fs"

	"kaskad/engine/store/sqlfile"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// queries are the statements by name.
type queries sqlfile.Queries

// get gives a statement; that it exists is checked by a test.
func (q queries) get(name string) string { return sqlfile.Queries(q).Get(name) }

func loadQueries(files fs.FS) (queries, error) {
	q, err := sqlfile.Load(files)
	return queries(q), err
}
