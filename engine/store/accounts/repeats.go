package accounts

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// How long answers are kept, and after what time a request that did not end is taken for dead: no request may last as long.
const (
	keptAnswers = 24 * time.Hour
	deadAfter   = 10 * time.Minute
)

// Begin implements v1.Repeats.
func (s *Store) Begin(ctx context.Context, account ids.ID, key, operation string, request [32]byte) (done []byte, err error) {
	now := s.clock()
	var mine bool
	err = s.desk.QueryRow(ctx, s.q.Get("repeat_begin"), account, key, operation, request[:], now, now.Add(-keptAnswers),
		now.Add(-deadAfter)).Scan(&mine)
	if err == nil || !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	var of string
	var digest, answer []byte
	err = s.desk.QueryRow(ctx, s.q.Get("repeat_read"), account, key).Scan(&of, &digest, &answer)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // it failed just now and gave the key free
		return nil, busy()
	case err != nil:
		return nil, err
	case of != operation || !bytes.Equal(digest, request[:]):
		return nil, fault.New(fault.Conflict, "key_used", "header.Idempotency-Key")
	case answer == nil:
		return nil, busy()
	}
	return answer, nil
}

func busy() error {
	f := fault.New(fault.Conflict, "key_busy", "header.Idempotency-Key")
	f.After = 1
	return f
}

// Finish implements v1.Repeats.
func (s *Store) Finish(ctx context.Context, account ids.ID, key, operation string, answer []byte) error {
	var err error
	if answer == nil {
		_, err = s.desk.Exec(ctx, s.q.Get("repeat_free"), account, key, operation)
	} else {
		_, err = s.desk.Exec(ctx, s.q.Get("repeat_keep"), account, key, operation, answer)
	}
	return err
}

// Tidy forgets what is over: answers, attempts, sessions and one-time links. It is to be called every hour or so.
func (s *Store) Tidy(ctx context.Context) error {
	now := s.clock()
	for _, t := range []struct {
		statement string
		args      []any
	}{
		{"tidy_attempts", []any{now.Add(-access.AttemptsLast)}},
		{"tidy_sessions", []any{now.Add(-access.SessionMost), now.Add(-access.SessionIdle)}},
		{"tidy_resets", []any{now}},
		{"tidy_invitations", []any{now}},
	} {
		if _, err := s.desk.Exec(ctx, s.q.Get(t.statement), t.args...); err != nil {
			return err
		}
	}
	for {
		tag, err := s.desk.Exec(ctx, s.q.Get("tidy_repeats"), now.Add(-keptAnswers))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
	}
}

func isMissing(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.NotFound
}
