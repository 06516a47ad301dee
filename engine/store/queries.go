package store

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// queries are the statements by name.
type queries map[string]string

// get gives a statement; that it exists is checked by a test.
func (q queries) get(name string) string {
	text, ok := q[name]
	if !ok {
		panic("store: no query " + name)
	}
	return text
}

// loadQueries reads the statements: each follows a line `-- name: it`, other comment lines are left out.
func loadQueries(files fs.FS) (queries, error) {
	paths, err := fs.Glob(files, "queries/*.sql")
	if err != nil {
		return nil, err
	}
	q := queries{}
	for _, path := range paths {
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, err
		}
		name := ""
		var lines []string
		flush := func() error {
			body := strings.TrimSpace(strings.Join(lines, "\n"))
			lines = nil
			if name == "" && body == "" {
				return nil
			}
			if _, twice := q[name]; twice || name == "" || body == "" {
				return fmt.Errorf("store: %s: query %q is there twice, unnamed or empty", path, name)
			}
			q[name] = body
			return nil
		}
		for line := range strings.Lines(string(text)) {
			if next, ok := strings.CutPrefix(line, "-- name: "); ok {
				if err := flush(); err != nil {
					return nil, err
				}
				name = strings.TrimSpace(next)
				continue
			}
			if !strings.HasPrefix(line, "--") {
				lines = append(lines, strings.TrimRight(line, "\n"))
			}
		}
		if err := flush(); err != nil {
			return nil, err
		}
	}
	return q, nil
}
