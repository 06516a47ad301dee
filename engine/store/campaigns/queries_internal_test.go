package campaigns

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/sqlfile"
)

// TestEveryQueryIsThereAndUsed holds the code against the files of SQL.
func TestEveryQueryIsThereAndUsed(t *testing.T) {
	t.Parallel()
	q, err := sqlfile.Load(queryFiles)
	require.NoError(t, err)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	code := ""
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		code += string(text)
	}
	for _, m := range regexp.MustCompile(`q\.Get\("([a-z_]+)"\)`).FindAllStringSubmatch(code, -1) {
		require.Contains(t, q, m[1])
	}
	for name := range q {
		require.Contains(t, code, `"`+name+`"`, "nothing uses it")
	}
}
