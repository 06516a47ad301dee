// Package sqlfile reads statements from files of SQL, where each has a name.
package sqlfile

import (
	"fmt"
	"io/fs"
	"strings"
)

// Queries are statements by name.
type Queries map[string]string

// Get gives a statement. It panics where there is none of the name: a test of each package calls Get for all it uses.
func (q Queries) Get(name string) string {
	text, ok := q[name]
	if !ok {
		panic("sqlfile: no query " + name)
	}
	return text
}

// Load reads the statements of queries/*.sql: each follows a line `-- name: it`, other comment lines are left out.
func Load(files fs.FS) (Queries, error) {
	paths, err := fs.Glob(files, "queries/*.sql")
	if err != nil {
		return nil, err
	}
	q := Queries{}
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
				return fmt.Errorf("sqlfile: %s: query %q is there twice, unnamed or empty", path, name)
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
