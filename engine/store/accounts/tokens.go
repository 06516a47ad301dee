package accounts

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"kaskad/engine/access"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
)

// maxTokens bounds the tokens of an account.
const maxTokens = 1000

// TokenOf implements access.Keeper.
func (s *Store) TokenOf(ctx context.Context, digest []byte) (*access.Token, error) {
	rows, err := s.desk.Query(ctx, s.q.Get("token_of"), digest)
	if err != nil {
		return nil, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanToken)
	return &t, found(err, "token")
}

// TokenUsed implements access.Keeper.
func (s *Store) TokenUsed(ctx context.Context, account, id ids.ID, at time.Time) error {
	_, err := s.desk.Exec(ctx, s.q.Get("token_used"), account, id, at)
	return err
}

func scanToken(row pgx.CollectableRow) (t access.Token, err error) {
	err = row.Scan(&t.Account, &t.ID, &t.Name, &t.Prefix, &t.Scopes, &t.MadeBy, &t.Created, &t.Expires, &t.Used)
	return t, err
}

// MakeToken keeps a new token, with what its maker may give.
func (s *Store) MakeToken(ctx context.Context, who *access.Principal, t *access.Token, digest []byte) error {
	scopes, err := access.CheckScopes(who, t.Scopes, "body.scopes")
	if err != nil {
		return err
	}
	t.ID, t.Account, t.Created, t.MadeBy, t.Scopes = s.newID(), who.Account, s.clock(), max(who.User, who.Token), scopes
	if t.Over(t.Created) {
		return fault.New(fault.Invalid, "expired_already", "body.expires_at")
	}
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		var count int
		if err := tx.QueryRow(ctx, s.q.Get("token_count"), who.Account).Scan(&count); err != nil {
			return err
		}
		if count >= maxTokens {
			return fault.New(fault.Conflict, "many_tokens", "", "max", maxTokens)
		}
		_, err := tx.Exec(ctx, s.q.Get("token_make"), t.Account, t.ID, digest, clean(t.Name), t.Prefix, t.Scopes, t.MadeBy, t.Created,
			t.Expires)
		if err != nil {
			return err
		}
		return Audit(ctx, tx, who.Actor, "token.made", "token", t.ID, map[string]any{"name": t.Name, "scopes": t.Scopes})
	})
}

// OneToken gives a token.
func (s *Store) OneToken(ctx context.Context, account, id ids.ID) (access.Token, error) {
	rows, err := s.desk.Query(ctx, s.q.Get("token"), account, id)
	if err != nil {
		return access.Token{}, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanToken)
	return t, found(err, "token")
}

// EndToken makes a token void.
func (s *Store) EndToken(ctx context.Context, who access.Actor, id ids.ID) error {
	return pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) error {
		var name string
		if err := tx.QueryRow(ctx, s.q.Get("token_end"), who.Account, id).Scan(&name); err != nil {
			return found(err, "token")
		}
		return Audit(ctx, tx, who, "token.ended", "token", id, map[string]any{"name": name})
	})
}
