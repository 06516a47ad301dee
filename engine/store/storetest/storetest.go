//go:build unix

// Package storetest gives each test a schema of its own in one PostgreSQL that all test binaries share.
//
// The server is TEST_DATABASE_URL's, or else a private one in the machine's temporary folder. That one is started by the
// first test binary, joined by the others, and stops when the last has ended. It does not sync its files to disk: a
// machine that crashes during the tests loses nothing of worth.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kaskad/engine/store/migrate"
	"kaskad/engine/store/private"
)

const (
	// maxConnections is enough for several binaries of parallel tests with a pool each.
	maxConnections = 300
	// startLimit bounds making and starting the server, fetching it included.
	startLimit = 3 * time.Minute
	// schemaLimit bounds making or dropping one schema.
	schemaLimit = time.Minute
	// leftoverAfter is the age at which a schema must belong to a killed test.
	leftoverAfter = 2 * time.Hour
	schemaPrefix  = "test_"
)

// database is the address of the shared server. The server itself is never stopped by us: it is when this process ends.
// It and apart are the only state here that belongs to the process, because the server does too.
var database = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	address := os.Getenv("TEST_DATABASE_URL")
	if address == "" {
		dir, err := sharedDir()
		if err != nil {
			return "", err
		}
		server, err := private.Start(ctx, private.Options{
			Dir: dir, MaxConnections: maxConnections,
			Settings: map[string]string{"fsync": "off", "full_page_writes": "off", "max_wal_size": "1GB", "shared_buffers": "256MB"},
		})
		if err != nil {
			return "", err
		}
		address = server.URL()
	}
	return address, sweep(ctx, address)
})

// apart is what the name of this binary's own server ends with.
var apart string

// Apart gives a test binary a private server of its own; its TestMain says so before any test. An open transaction holds up all
// campaigns of its server, those of other schemas too, so tests that must be done by some time cannot bear those of others.
// TEST_DATABASE_URL goes before it.
func Apart(name string) { apart = "-" + name }

// sharedDir is a folder of this user's own in the temporary folder. Somebody else's of the same name is refused.
func sharedDir() (string, error) {
	dir := filepath.Join(os.TempDir(), "kaskad-test-postgresql-"+strconv.Itoa(os.Getuid())+apart)
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s is not a folder of ours: remove it, or set TEST_DATABASE_URL", dir)
	}
	return dir, nil
}

// New gives the address of a new schema with all migrations applied. It is dropped when the test has ended.
func New(t testing.TB) string {
	t.Helper()
	address := Empty(t)
	ctx, cancel := context.WithTimeout(t.Context(), schemaLimit)
	defer cancel()
	require.NoError(t, migrate.Up(ctx, address))
	return address
}

// Empty gives the address of a new schema without tables. It is dropped when the test has ended.
func Empty(t testing.TB) string {
	t.Helper()
	address, err := database()
	require.NoError(t, err, "the tests need a PostgreSQL")
	schema := schemaName(t)
	execute(t, address, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { execute(t, address, "DROP SCHEMA "+schema+" CASCADE") })
	u, err := url.Parse(address)
	require.NoError(t, err)
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

// schemaName holds the time, so that sweep knows its age.
func schemaName(t testing.TB) string {
	t.Helper()
	random := make([]byte, 8)
	_, err := rand.Read(random)
	require.NoError(t, err)
	return schemaPrefix + strconv.FormatInt(time.Now().Unix(), 10) + "_" + hex.EncodeToString(random)
}

func execute(t testing.TB, address, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), schemaLimit) // the test's own has ended in a cleanup
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
}

// sweep drops the schemas of tests that were killed before they could.
func sweep(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connecting to the test server: %w", err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'test\\_%'")
	if err != nil {
		return err
	}
	schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, schema := range schemas {
		if !leftover(schema, time.Now()) {
			continue
		}
		// Another binary may be sweeping too.
		if _, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE"); err != nil {
			return fmt.Errorf("dropping the schema of a killed test: %w", err)
		}
	}
	return nil
}

func leftover(schema string, now time.Time) bool {
	made, _, _ := strings.Cut(strings.TrimPrefix(schema, schemaPrefix), "_")
	seconds, err := strconv.ParseInt(made, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)) > leftoverAfter
}
