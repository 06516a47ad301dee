//go:build unix

package private

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheNewestVersionComesFirst(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		[]string{"/usr/lib/postgresql/18/bin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/9.6/bin", "/none"},
		newestFirst([]string{"/usr/lib/postgresql/9.6/bin", "/none", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/18/bin"}))
}

func TestTheClusterDecidesTheVersion(t *testing.T) {
	t.Parallel()
	found := []binaries{{"old", 13}, {"a", 15}, {"b", 18}}
	for _, c := range []struct {
		want int
		dir  string
		ok   bool
	}{{0, "a", true}, {18, "b", true}, {13, "old", true}, {16, "", false}} {
		got, ok := choose(found, c.want)
		require.Equal(t, c.ok, ok)
		require.Equal(t, c.dir, got.dir)
	}
	_, ok := choose([]binaries{{"old", 14}}, 0)
	require.False(t, ok, "too old for a new cluster")
}

func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "server.log")
	log, err := openRotating(path, 100)
	require.NoError(t, err)
	line := strings.Repeat("x", 29) + "\n"
	for range 50 {
		n, err := log.Write([]byte(line))
		require.NoError(t, err)
		require.Equal(t, len(line), n)
	}
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(100), name)
		require.Positive(t, info.Size(), name)
	}
}

func TestAFolderWithoutItsClusterIsNotTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := folder(dir)
	major, err := f.clusterMajor()
	require.NoError(t, err)
	require.Zero(t, major)
	require.NoError(t, os.Mkdir(f.data(), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(f.data(), "PG_VERSION"), []byte("none\n"), 0o600))
	_, err = f.clusterMajor()
	require.ErrorContains(t, err, "not a cluster that we made")
}

func TestThePasswordIsMadeOnce(t *testing.T) {
	t.Parallel()
	f := folder(t.TempDir())
	first, err := f.password()
	require.NoError(t, err)
	require.Len(t, first, 48)
	second, err := f.password()
	require.NoError(t, err)
	require.Equal(t, first, second)
}
