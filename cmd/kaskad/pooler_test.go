//go:build unix

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaskad/engine/store/storetest"
)

// A pooler that does not pool by session is refused at the start, with the way out, in the user's language.
func TestTheStartSpeaksOfAPooler(t *testing.T) {
	t.Parallel()
	pooled := storetest.Pooler(t, storetest.Empty(t), storetest.ByTransaction)
	for language, want := range map[string]string{
		"en": "let it pool by session (PgBouncer: pool_mode = session)",
		"ru": "пусть соединение остаётся на всю сессию (PgBouncer: pool_mode = session)",
	} {
		for _, command := range []string{"serve", "migrate"} {
			code, _, errs := call(t, command, "--lang", language, "--database", pooled, "--data", t.TempDir())
			require.Equal(t, exitBadCall, code)
			require.Contains(t, errs, want)
		}
	}
}
