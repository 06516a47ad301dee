package accounts

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/ids"
)

// Attempt implements access.Keeper.
func (s *Store) Attempt(ctx context.Context, subjects []access.Subject) (wait time.Duration, err error) {
	now := s.clock()
	digests := make([][]byte, len(subjects))
	for i := range subjects {
		digests[i] = subjects[i].Digest
	}
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, s.q.Get("attempt_begin"), digests, now); err != nil {
			return err
		}
		counts, err := s.attempts(ctx, tx, digests, now)
		if err != nil {
			return err
		}
		for _, c := range counts {
			wait = max(wait, c.free.Sub(now))
		}
		if wait > 0 {
			return nil
		}
		for _, c := range counts {
			at := slices.IndexFunc(subjects, func(o access.Subject) bool { return bytes.Equal(o.Digest, c.digest) })
			pause := subjects[at].Pause(c.failed + 1)
			if _, err := tx.Exec(ctx, s.q.Get("attempt_count"), c.digest, c.failed+1, now, now.Add(pause)); err != nil {
				return err
			}
		}
		return nil
	})
	return wait, err
}

type attemptCount struct {
	digest []byte
	failed int
	free   time.Time
}

// attempts reads and locks the counts.
func (s *Store) attempts(ctx context.Context, tx pgx.Tx, digests [][]byte, now time.Time) ([]attemptCount, error) {
	rows, err := tx.Query(ctx, s.q.Get("attempt_lock"), digests, now.Add(-access.AttemptsLast))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c attemptCount, err error) {
		err = row.Scan(&c.digest, &c.failed, &c.free)
		return c, err
	})
}

// Succeeded implements access.Keeper.
func (s *Store) Succeeded(ctx context.Context, subjects []access.Subject) error {
	// One by one: together they would wait for each other's rows in the wrong order.
	if _, err := s.desk.Exec(ctx, s.q.Get("attempt_forget"), subjects[0].Digest); err != nil {
		return err
	}
	for _, o := range subjects[1:] {
		if _, err := s.desk.Exec(ctx, s.q.Get("attempt_back"), o.Digest); err != nil {
			return err
		}
	}
	return nil
}

// Failed implements access.Keeper.
func (s *Store) Failed(ctx context.Context, c *access.Credential, ip string) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		return s.auditHomes(ctx, tx, c.User, func(account ids.ID) error {
			// It is not known who it was.
			return Audit(ctx, tx, access.Actor{Account: account, IP: ip}, "session.failed", "user", c.User, map[string]any{"email": c.Email})
		})
	})
}

// CredentialOf implements access.Keeper.
func (s *Store) CredentialOf(ctx context.Context, email string) (*access.Credential, error) {
	var c access.Credential
	err := s.desk.QueryRow(ctx, s.q.Get("credential_by_email"), clean(email)).Scan(&c.User, &c.Email, &c.Hash)
	return &c, found(err, "user")
}

// CredentialOfUser implements access.Keeper.
func (s *Store) CredentialOfUser(ctx context.Context, user ids.ID) (*access.Credential, error) {
	var c access.Credential
	err := s.desk.QueryRow(ctx, s.q.Get("credential_by_user"), user).Scan(&c.User, &c.Email, &c.Hash)
	return &c, found(err, "user")
}
