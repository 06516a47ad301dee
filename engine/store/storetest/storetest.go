//go:build unix

// Package storetest gives each test a schema of its own, in a database of its own, in one PostgreSQL that all test binaries share.
// A database apart hears no notifications but its test's, and has no locks of others; it is copied from one that was migrated
// once, in a third of the time that migrating takes.
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

	"kaskad/engine/store/private"
)

const (
	// maxConnections is enough for several binaries of parallel tests with a pool each.
	maxConnections = 300
	// startLimit bounds making and starting the server, fetching it included.
	startLimit = 3 * time.Minute
	// databaseLimit bounds making or dropping one database.
	databaseLimit = time.Minute
	// leftoverAfter is the age at which a database must belong to a killed test.
	leftoverAfter = 2 * time.Hour
	prefix        = "test_"
	schema        = "kaskad" // in each test's database
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
	address, err := template()
	require.NoError(t, err, "the tests need a PostgreSQL whose user may make databases")
	return databaseFrom(t, address, templateName())
}

// Empty gives the address of a new schema without tables. It is dropped when the test has ended.
func Empty(t testing.TB) string {
	t.Helper()
	address, err := database()
	require.NoError(t, err, "the tests need a PostgreSQL whose user may make databases")
	own := databaseFrom(t, address, "template1")
	execute(t, own, "CREATE SCHEMA "+schema)
	return own
}

// databaseFrom makes a database for a test, as another one is. It goes file by file: through the log takes five times as long.
func databaseFrom(t testing.TB, address, other string) string {
	t.Helper()
	name := databaseName(t)
	execute(t, address, "CREATE DATABASE "+name+" TEMPLATE "+other+" STRATEGY file_copy")
	t.Cleanup(func() { execute(t, address, "DROP DATABASE "+name+" WITH (FORCE)") })
	return within(t, address, name)
}

// within is the address of the schema in a database.
func within(t testing.TB, address, name string) string {
	t.Helper()
	own, err := addressWithin(address, name)
	require.NoError(t, err)
	return own
}

func addressWithin(address, name string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.Path, u.RawQuery = "/"+name, query.Encode()
	return u.String(), nil
}

// databaseName holds the time, so that sweep knows its age.
func databaseName(t testing.TB) string {
	t.Helper()
	random := make([]byte, 8)
	_, err := rand.Read(random)
	require.NoError(t, err)
	return prefix + strconv.FormatInt(time.Now().Unix(), 10) + "_" + hex.EncodeToString(random)
}

func execute(t testing.TB, address, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), databaseLimit) // the test's own has ended in a cleanup
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
}

// sweep drops the databases of tests that were killed before they could.
func sweep(ctx context.Context, address string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connecting to the test server: %w", err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT datname::text FROM pg_database WHERE datname LIKE 'test\\_%'")
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if !leftover(name, time.Now()) {
			continue
		}
		// Another binary may be sweeping too.
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("dropping the database of a killed test: %w", err)
		}
	}
	return nil
}

func leftover(name string, now time.Time) bool {
	made, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "_")
	seconds, err := strconv.ParseInt(made, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)) > leftoverAfter
}
