//go:build unix

package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sync"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/store/migrate"
	"kaskad/migrations"
)

// template makes the migrated database that those of tests are copied from, and gives the server's address. The first test
// binary makes it, the others find it.
var template = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	address, err := database()
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name, unfinished := templateName(), templateName()+"_unfinished"
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", name); err != nil {
		return "", err
	}
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
	if err != nil || there {
		return address, err
	}
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + unfinished + " WITH (FORCE)", "CREATE DATABASE " + unfinished} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return "", err
		}
	}
	if err := migrated(ctx, address, unfinished); err != nil {
		return "", fmt.Errorf("migrating what the tests' databases are copied from: %w", err)
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+unfinished+" RENAME TO "+name)
	return address, err
})

func migrated(ctx context.Context, address, name string) error {
	own, err := addressWithin(address, name)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, own)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE SCHEMA "+schema)
	if closed := conn.Close(ctx); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return migrate.Up(ctx, own)
}

// templateName holds what the migrations are: another checkout on the same machine may have others.
var templateName = sync.OnceValue(func() string {
	sum := sha256.New()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			panic(err) // it is part of the program
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(text))
		sum.Write(text)
	}
	return "template_" + hex.EncodeToString(sum.Sum(nil)[:8])
})
