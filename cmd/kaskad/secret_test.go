package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProcessesThatStartTogetherHaveOneSecret(t *testing.T) {
	t.Parallel()
	c := Config{Data: filepath.Join(t.TempDir(), "data")}
	keys := make([][]byte, 16)
	errs := make([]error, len(keys))
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() { keys[i], errs[i] = secret(c, "some.key") })
	}
	all.Wait()
	for i := range keys {
		require.NoError(t, errs[i])
		require.Len(t, keys[i], secretBytes)
		require.Equal(t, keys[0], keys[i])
	}
	files, err := os.ReadDir(c.Data)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing is left beside it")
	info, err := files[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestAFileWithoutAKeyIsNoSecret(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "AAAA", "not base64"} {
		c := Config{Data: t.TempDir()}
		require.NoError(t, os.WriteFile(filepath.Join(c.Data, "some.key"), []byte(text), 0o600))
		_, err := secret(c, "some.key")
		require.ErrorContains(t, err, "holds no key", "%q", text)
	}
}
